"""Rows for many tables, collected in memory and written in a handful of statements."""

from collections import defaultdict
from typing import Any

from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.orm import Session

from wrap_portal.extensions import Base, db


class Sheet:
    """Collects rows and gives them their ids at once, so that rows can point at each other before they exist.

    Ids continue after what the tables already hold. Nothing else may write to these tables in the meantime:
    the demonstration is loaded into a portal that nobody uses yet, and `write` locks nothing.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows: dict[Any, list[dict[str, Any]]] = defaultdict(list)
        self._first: dict[Any, int] = {}

    def add(self, model: type[Base], **values: Any) -> int:
        """Collect a row and return its id; a table whose key is not `id` gets its key in `values`."""
        table = model.__table__
        rows = self._rows[table]
        if "id" not in table.c:
            rows.append(values)
            return 0
        if table not in self._first:
            self._first[table] = (self._session.scalar(select(func.max(table.c.id))) or 0) + 1
        number = self._first[table] + len(rows)
        rows.append({"id": number, **values})
        return number

    def link(self, table: Table, **values: Any) -> None:
        """Collect a row of a table that only joins two others."""
        self._rows[table].append(values)

    def change(self, model: type[Base], number: int, **values: Any) -> None:
        """Alter a collected row."""
        self.row(model, number).update(values)

    def row(self, model: type[Base], number: int) -> dict[str, Any]:
        """Return a collected row by its id."""
        table = model.__table__
        return self._rows[table][number - self._first[table]]

    def write(self) -> dict[str, int]:
        """Write every row, parents before children, and return how many each table got."""
        for table in db.metadata.sorted_tables:
            by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
            for row in self._rows.get(table, ()):
                by_columns[tuple(sorted(row))].append(row)
            for rows in by_columns.values():
                self._session.execute(insert(table), rows)
            if table in self._first:
                # The table's name is one of ours, not input.
                self._session.execute(
                    text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)"),
                    {
                        "name": table.name,
                        "last": self._first[table] + len(self._rows[table]) - 1,
                    },
                )
        return {table.name: len(rows) for table, rows in self._rows.items()}
