"""The durable life of a case: receive, work, review, deliver, learn. Everything that is stored goes through here."""
