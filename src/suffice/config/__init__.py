"""Settings from one TOML file, the environment and the command line; every value is checked."""

from suffice.config.budgets import BudgetSettings, WhenSpent
from suffice.config.elsewhere import ElsewhereSettings
from suffice.config.load import load
from suffice.config.secret import Secret
from suffice.config.settings import (
    BUILT_IN,
    BakeoffSettings,
    CaptureSettings,
    CertificateSettings,
    DataSettings,
    FeatureSettings,
    GraderSettings,
    GuardSettings,
    LimitSettings,
    Mode,
    ObservationSettings,
    PolicySettings,
    Provider,
    RouteSettings,
    ServerSettings,
    Settings,
)

__all__ = [
    "BUILT_IN",
    "BakeoffSettings",
    "BudgetSettings",
    "CaptureSettings",
    "CertificateSettings",
    "DataSettings",
    "ElsewhereSettings",
    "FeatureSettings",
    "GraderSettings",
    "GuardSettings",
    "LimitSettings",
    "Mode",
    "ObservationSettings",
    "PolicySettings",
    "Provider",
    "RouteSettings",
    "Secret",
    "ServerSettings",
    "Settings",
    "WhenSpent",
    "load",
]
