import pytest
import custom_components.ocpp_central
@pytest.fixture(autouse=True)
def _e(enable_custom_integrations): pass
