"""Ring 1: what is true and what should happen.

Knows chargers, reservations and time as values. Knows no clock, no I/O, no OCPP and no Home Assistant:
whatever it needs of the world is an argument.
"""
