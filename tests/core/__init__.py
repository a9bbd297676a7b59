"""The core: values and properties, without a clock, a network or Home Assistant."""
