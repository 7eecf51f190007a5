"""Find a person of a deployment by a phone, and open the sealed number: `python -m tests.config.lookup NUMBER`."""

import os
import sys


def look(number: str) -> None:
    import django

    django.setup()
    from linli.core.crypto import keyed_hash
    from linli.residents.models import Person

    for person in Person.objects.filter(phone_index=keyed_hash(f"+86{number}", "phone")):
        sys.stdout.write(f"{person.name} {person.phone}\n")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
    look(sys.argv[1])
