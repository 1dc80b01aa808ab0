"""The form that changes a person."""

from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ..organizations import NAMES
from ..tenant import Person

_ROLES = [("", _("not a member")), ("admin", _("admin")), ("member", _("member"))]


class PersonForm(forms.Form):
    """The role in each organization, and whether the person is suspended."""

    is_suspended = forms.BooleanField(required=False, label=_("Suspended"))

    def __init__(self, person: Person, data: Any = None) -> None:
        initial = {**person.memberships, "is_suspended": person.is_suspended}
        super().__init__(data, initial=initial, auto_id=f"{person.id}-%s")
        self.person = person
        for id, name in NAMES.items():
            self.fields[id] = forms.ChoiceField(choices=_ROLES, required=False, label=name)
        self.order_fields([*NAMES])

    def changed(self) -> Person:
        """Return the person with what was chosen."""
        memberships = {id: self.cleaned_data[id] for id in NAMES if self.cleaned_data[id]}
        is_suspended = self.cleaned_data["is_suspended"]
        return replace(self.person, memberships=memberships, is_suspended=is_suspended)
