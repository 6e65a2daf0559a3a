"""For whatever watches the service: is the process alive, and can it answer people?"""

from flask import Blueprint
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from wrap_portal.extensions import db
from wrap_portal.web.access import allow_anyone

blueprint = Blueprint("web", __name__)

Answer = tuple[dict[str, str], int]


@blueprint.get("/health/live")
@allow_anyone
def live() -> Answer:
    """The process runs: restart it where this does not answer."""
    return {"status": "live"}, 200


@blueprint.get("/health")
@blueprint.get("/health/ready")
@allow_anyone
def health() -> Answer:
    """The database answers too: send people here only where this says 200."""
    try:
        with db.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return {"status": "database unavailable"}, 503
    return {"status": "ready"}, 200
