"""Names of the profile's kinds, in the language of the page."""

from django import template

from linli.grid import profile, words

register = template.Library()
register.filter("kind_name", profile.kind_name)
register.filter("post_name", profile.post_name)
register.filter("absence_reason", words.absence_reason)
