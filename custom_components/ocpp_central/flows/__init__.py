"""The forms: those of chargers, drivers, links and options, each with what it leads to. `config_flow` is where Home Assistant enters."""
