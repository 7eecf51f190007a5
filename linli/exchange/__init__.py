"""Exchange: notices go out to other systems, and other systems' alerts come in, as CAP 1.2 (OASIS Common Alerting Protocol).

Out: each public notice is a document, and a feed lists those that run. In: a feed of a city or a weather service is read; a
person looks at each alert and dismisses it or writes the notice for it. Nothing is issued by the machine, and what comes
from outside is never trusted: neither its XML, nor its size, nor its addresses.
"""
