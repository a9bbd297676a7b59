"""A demo to try the integration on: a real Home Assistant, simulated chargers, a dashboard."""
