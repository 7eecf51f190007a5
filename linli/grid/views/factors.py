"""Pages of the second factor and of outside identities: one's own, and what an operator may do about others'."""

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from linli.core.errors import Conflict, Invalid, Problem
from linli.core.middleware import no_referrer
from linli.grid import actions, queries
from linli.grid.forms.sign_in import CodeForm
from linli.grid.profile import post_name
from linli.grid.rules import ENROL, OPERATORS, totp_address
from linli.grid.views.accounts import write_id


@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """What stands; a POST begins to set one up."""
    if request.method == "POST":
        actions.begin_second_factor(actor=request.actor)
        return redirect("second-factor")
    return _page(request, CodeForm())


def _page(request: HttpRequest, form: CodeForm, *, codes: list[str] | None = None) -> HttpResponse:
    state = queries.read_own_factor(actor=request.actor)
    page = {
        "state": state,
        "form": form,
        "codes": codes,
        "enrol": request.session.get(ENROL, False),
        "code_text": "\n".join(codes or []),
    }
    if state.begun is not None:
        mine = queries.get_own_account(actor=request.actor)
        address = totp_address(state.begun.secret, mine.username, _("Linli"))
        page["drawing"] = segno.make(address, error="m").svg_data_uri(scale=5, border=3)
        page["secret"] = " ".join(state.begun.secret[at : at + 4] for at in range(0, len(state.begun.secret), 4))
    return no_referrer(render(request, "grid/second_factor.html", page, status=422 if form.errors else 200))


def _with_code(request: HttpRequest) -> tuple[CodeForm, str]:
    form = CodeForm(request.POST)
    return form, form.cleaned_data["code"] if form.is_valid() else ""


@sensitive_post_parameters()
@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    form, code = _with_code(request)
    if code:
        try:
            codes = actions.confirm_second_factor(actor=request.actor, code=code)
        except Invalid as problem:
            form.add_error("code", str(problem.detail))
        else:
            request.session.pop(ENROL, None)
            request.session.cycle_key()
            return _page(request, CodeForm(), codes=codes)
    return _page(request, form)


@sensitive_post_parameters()
@require_POST
def renew_codes(request: HttpRequest) -> HttpResponse:
    form, code = _with_code(request)
    if code:
        try:
            return _page(request, CodeForm(), codes=actions.renew_recovery_codes(actor=request.actor, code=code))
        except Invalid as problem:
            form.add_error("code", str(problem.detail))
    return _page(request, form)


@sensitive_post_parameters()
@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """To another phone. Where one's posts ask for a factor, nothing else opens until the new one is confirmed."""
    form, code = _with_code(request)
    if code:
        try:
            actions.change_phone(actor=request.actor, code=code)
        except Invalid as problem:
            form.add_error("code", str(problem.detail))
        else:
            if queries.read_own_factor(actor=request.actor).needed:
                request.session[ENROL] = True
            return redirect("second-factor")
    return _page(request, form)


@sensitive_post_parameters()
@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    form, code = _with_code(request)
    if code:
        try:
            actions.remove_second_factor(actor=request.actor, code=code)
        except (Invalid, Conflict) as problem:
            form.add_error("code", str(problem.detail))
        else:
            messages.success(request, _("Your password alone opens your account again."))
            return redirect("account")
    return _page(request, form)


@require_POST
def disconnect(request: HttpRequest, identity_id: int) -> HttpResponse:
    account = actions.disconnect_identity(actor=request.actor, identity_id=identity_id)
    messages.success(request, _("Disconnected. It opens this account no more."))
    if account.pk == request.actor.id:
        return redirect("account")
    return redirect("account-detail", account_id=account.pk)


@require_http_methods(["GET", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """For operators: which posts ask for a second factor."""
    if request.method == "POST":
        actions.set_factor_rules(actor=request.actor, post_kinds=request.POST.getlist("post_kinds"))
        messages.success(request, _("Saved. It counts from the next sign-in of each of them."))
        return redirect("factor-rules")
    found = [
        {"rule": one, "words": _("Operators") if one.code == OPERATORS else post_name(one.code)}
        for one in queries.list_factor_rules(actor=request.actor)
    ]
    return render(request, "grid/factor_rules.html", {"rules": found, "outside": settings.OIDC_ISSUER})


@require_POST
def reset(request: HttpRequest, account_id: int) -> HttpResponse:
    found = queries.get_account(actor=request.actor, account_id=account_id)
    try:
        actions.reset_second_factor(
            actor=request.actor,
            account=found,
            reason="".join(sign for sign in request.POST.get("reason", "") if sign.isprintable())[:300],
            write_id=write_id(request),
        )
    except Problem as problem:
        messages.error(request, next(iter(problem.fields.values()), problem.detail))
    else:
        messages.success(request, _("The second factor is gone. Its owner sets up a new one at the next sign-in."))
    return redirect("account-detail", account_id=account_id)
