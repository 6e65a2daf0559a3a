"""The outbox: messages wait in the database, in the transaction that causes them, until they are sent."""
