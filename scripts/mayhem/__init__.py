"""Kills a real Home Assistant at random moments and looks whether every promise is kept by the next one."""
