"""Ring 2: OCPP.

Knows the wire: frames, schemas, sessions and what each version calls the events and commands of `core`.
Must not know Home Assistant, nor decide anything that `core` decides.
"""
