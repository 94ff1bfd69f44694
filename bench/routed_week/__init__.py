"""The recorded week through the proxy in route mode: what it saved, and what that did to quality."""
