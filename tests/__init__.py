"""The tests of this project, by ring, and the simulated charger that they use."""
