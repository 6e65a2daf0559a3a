"""Signing in by a link, signing out."""

from flask import abort, current_app, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from wrap_portal.accounts import identity, messages, queries, rules, service
from wrap_portal.accounts.blueprint import blueprint
from wrap_portal.accounts.forms import SignInForm
from wrap_portal.accounts.service import TooManyAttempts
from wrap_portal.errors import DomainError
from wrap_portal.transaction import committed
from wrap_portal.web.access import allow_anyone
from wrap_portal.web.forms import apply_domain_error

Page = str | tuple[str, int] | Response


@blueprint.route("/sign-in", methods=["GET", "POST"])
@allow_anyone
def sign_in() -> Page:
    """Ask for the address, send it a link, and say the same whether or not there is an account."""
    if current_user.is_authenticated:
        return redirect(_onwards(request.args.get("next", "")), 303)
    form = SignInForm(next=request.args.get("next", ""))
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            with committed():
                asked = service.request_sign_in_link(email=form.email.data, network_address=_network())
                messages.queue_sign_in_link(
                    email=form.email.data, asked=asked, next_path=_safe(form.next.data)
                )
        except DomainError as error:
            apply_domain_error(form, error)
            status = 429 if isinstance(error, TooManyAttempts) else 422
        else:
            return redirect(url_for("accounts.check_your_email"), 303)
    accounts = queries.demonstration_accounts() if _is_demonstration() else []
    return render_template("accounts/sign_in.html", form=form, demonstration_accounts=accounts), status


@blueprint.get("/sign-in/check-your-email")
@allow_anyone
def check_your_email() -> Page:
    """Say that a link is on its way, if there is an account."""
    return render_template("accounts/check_your_email.html", minutes=rules.LINK_LIFETIME.seconds // 60)


@blueprint.route("/sign-in/link/<token>", methods=["GET", "POST"])
@allow_anyone
def use_link(token: str) -> Page:
    """Show a button; only pressing it uses the link up, because mail scanners open every link they see."""
    if request.method != "POST":
        return render_template("accounts/use_link.html", refusal=None)
    try:
        with committed():
            session_token = service.use_sign_in_link(token=token, network_address=_network())
    except TooManyAttempts as error:
        return render_template("accounts/use_link.html", refusal=error.sentence), 429
    except DomainError as error:
        with committed():
            service.note_failed_link(network_address=_network())
        return render_template("accounts/use_link.html", refusal=error.sentence), 422
    identity.sign_in_browser(session_token)
    return redirect(_onwards(request.args.get("next", "")), 303)


@blueprint.post("/sign-in/demonstration")
@allow_anyone
def demonstration_sign_in() -> Page:
    """Sign in as an invented person with one click; there is no such page where the portal is in earnest."""
    if not _is_demonstration():
        abort(404)
    user_id = request.form.get("user_id", type=int)
    if user_id not in {account.user_id for account in queries.demonstration_accounts()}:
        abort(404)
    with committed():
        session_token = service.start_session(user_id=user_id)
    identity.sign_in_browser(session_token)
    return redirect(_onwards(request.form.get("next", "")), 303)


@blueprint.post("/sign-out")
@allow_anyone
def sign_out() -> Page:
    """End the session in the database, so that copies of the cookie are dead, and have the browser forget."""
    if current_user.is_authenticated:
        with committed():
            service.end_session(session_id=current_user.session_id)
    identity.sign_out_browser()
    response = redirect(url_for("accounts.signed_out"), 303)
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


@blueprint.get("/signed-out")
@allow_anyone
def signed_out() -> Page:
    """Say that it is done."""
    return render_template("accounts/signed_out.html")


def _is_demonstration() -> bool:
    settings = current_app.config["SETTINGS"]
    # The settings refuse the two together; this door opens for everybody, so it looks again.
    return bool(settings.demonstration and not settings.production)


def _network() -> str:
    return request.remote_addr or ""


def _safe(path: str) -> str:
    return path if rules.is_safe_path(path) else ""


def _onwards(path: str) -> str:
    return _safe(path) or url_for("accounts.home")
