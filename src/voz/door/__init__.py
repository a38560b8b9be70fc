"""The door of the desk: who is asking (guard), the login page (login), single sign-on (oidc)."""
