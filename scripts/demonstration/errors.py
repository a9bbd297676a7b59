"""The one way in which the demo fails; must not know any reason."""


class DemoError(Exception):
    """Something that whoever runs the demo has to know: what is wrong, and the way out."""
