"""The sensors about readings, sessions, heartbeats and limits of others; `sensor` adds them."""
