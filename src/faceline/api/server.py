"""How uvicorn has to run the application."""

import uvicorn

from faceline.api.asgi import Application

KEEP_ALIVE_S = 75
SHUTDOWN_S = 10
BACKLOG = 2048


def uvicorn_server(app: Application, *, tls_cert: str = "", tls_key: str = "") -> uvicorn.Server:
    """A server for `app`; run it with `server.run(sockets=[listening socket])`.

    The application writes Date, the access log and all errors itself.
    """
    config = uvicorn.Config(
        app,
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        date_header=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=SHUTDOWN_S,
        ssl_certfile=tls_cert or None,
        ssl_keyfile=tls_key or None,
    )
    return uvicorn.Server(config)
