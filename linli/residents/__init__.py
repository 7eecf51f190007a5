"""Residents: about whom.

Households and the people in them, where they live day by day, who answers for whom, marks of vulnerable groups; numbers
sealed, shown masked, revealed for a purpose. A household is whatever is reached at one door: a family, a collective
household (dormitory, care home, building site, hotel) or premises (shop, school, clinic). It is not a health record.
"""
