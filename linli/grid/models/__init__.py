from linli.grid.models.accounts import Account, ApiToken, Appointment, Organisation
from linli.grid.models.headcounts import Headcount, HeadcountChange
from linli.grid.models.places import Place, PlacePast
from linli.grid.models.premises import Building, Dwelling, Entrance, EntrancePlacement, Estate, VacancyCheck

__all__ = [
    "Account",
    "ApiToken",
    "Appointment",
    "Building",
    "Dwelling",
    "Entrance",
    "EntrancePlacement",
    "Estate",
    "Headcount",
    "HeadcountChange",
    "Organisation",
    "Place",
    "PlacePast",
    "VacancyCheck",
]
