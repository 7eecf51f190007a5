"""What personal links are for."""

HOUSEHOLD = "household"  # one household sees its notices and confirms them
SHARED = "shared"  # the chat group of a place: a household names its door and proves itself by four digits
PURPOSES = (HOUSEHOLD, SHARED)

ITSELF = "itself"
RELATIVE = "relative"
