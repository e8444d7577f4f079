"""How a person is shown where only a name will do."""

from tenants.identity.models import Person


def shown(person: Person) -> str:
    return person.name
