from linli.grid.models.absences import Absence
from linli.grid.models.accounts import Account, ApiToken, Appointment, Organisation
from linli.grid.models.devices import Device
from linli.grid.models.headcounts import Headcount, HeadcountChange
from linli.grid.models.outlines import Outline
from linli.grid.models.places import Place, PlacePast
from linli.grid.models.premises import Building, Dwelling, Entrance, EntrancePlacement, Estate, VacancyCheck
from linli.grid.models.sign_in import FactorRule, OutsideIdentity, RecoveryCode, SecondFactor

__all__ = [
    "Absence",
    "Account",
    "ApiToken",
    "Appointment",
    "Building",
    "Device",
    "Dwelling",
    "Entrance",
    "EntrancePlacement",
    "Estate",
    "FactorRule",
    "Headcount",
    "HeadcountChange",
    "Organisation",
    "Outline",
    "OutsideIdentity",
    "Place",
    "PlacePast",
    "RecoveryCode",
    "SecondFactor",
    "VacancyCheck",
]
