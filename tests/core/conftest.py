"""How hypothesis explores the core.

Every run tries the same examples (`derandomize`), here and in CI: a red build is then about the change that was
built, not about luck. To search further, ask for other examples: `--hypothesis-profile=default`.
"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "repeatable",
    derandomize=True,
    database=None,
    deadline=None,  # a shared machine may be slow for a moment
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")
