"""Tables of users, their grants, sign-in links and sign-in sessions."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import TIMESTAMP

from wrap_portal.extensions import db, enum_column
from wrap_portal.organisations.models import Authority, Organisation
from wrap_portal.web.access import Role


class User(db.Model):
    """Someone who signs in. Not a Person: a person is trained and needs no account. There is no password."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("email = lower(email) AND position('@' in email) > 1", name="email"),
        CheckConstraint("btrim(name) <> ''", name="name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=text("now()"))
    disabled_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    demonstration: Mapped[bool] = mapped_column(server_default=text("false"))

    grants: Mapped[list["Grant"]] = relationship(back_populates="user", order_by="Grant.id")


class Grant(db.Model):
    """A role in an authority or in one organisation, from when it was given until it is taken away.

    Managers and viewers reach an authority, leads an organisation, trainers either; an administrator's
    reach is the portal itself (product.md M).
    """

    __tablename__ = "grants"
    __table_args__ = (
        CheckConstraint(
            "CASE role"
            " WHEN 'administrator' THEN authority_id IS NULL AND organisation_id IS NULL"
            " WHEN 'lead' THEN authority_id IS NULL AND organisation_id IS NOT NULL"
            " WHEN 'trainer' THEN num_nonnulls(authority_id, organisation_id) = 1"
            " ELSE authority_id IS NOT NULL AND organisation_id IS NULL END",
            name="reach",
        ),
        CheckConstraint("ended_at IS NULL OR ended_at >= granted_at", name="dates"),
        Index(
            "uq_grants_current",
            "user_id",
            "role",
            "authority_id",
            "organisation_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    role: Mapped[Role] = mapped_column(enum_column(Role, "role"))
    authority_id: Mapped[int | None] = mapped_column(ForeignKey("authorities.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    granted_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True), server_default=text("now()"))
    ended_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))

    user: Mapped[User] = relationship(back_populates="grants")
    authority: Mapped[Authority | None] = relationship()
    organisation: Mapped[Organisation | None] = relationship()


class SignInLink(db.Model):
    """A single-use way in. Only the SHA-256 of the token is kept: the table opens nothing (quality.md 2)."""

    __tablename__ = "sign_in_links"
    __table_args__ = (Index("ix_sign_in_links_user_id_created_at", "user_id", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    used_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))

    user: Mapped[User] = relationship()


class SignInSession(db.Model):
    """A signed-in browser. The cookie holds a random token, this row its hash; ending the row signs out."""

    __tablename__ = "sign_in_sessions"
    __table_args__ = (Index("ix_sign_in_sessions_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    token_hash: Mapped[str] = mapped_column(unique=True)
    started_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    last_seen_at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))

    user: Mapped[User] = relationship()


class SignInAttempt(db.Model):
    """A request for a link or a use of one, kept for an hour to slow down guessing (quality.md 2, sign-in).

    `subject_hash` is the SHA-256 of the e-mail address or network address: the table names nobody.
    """

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index("ix_sign_in_attempts_subject_hash_at", "subject_hash", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subject_hash: Mapped[str]
    at: Mapped[datetime] = mapped_column(TIMESTAMP(timezone=True))
