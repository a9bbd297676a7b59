"""OCPP: the wire, version by version."""
