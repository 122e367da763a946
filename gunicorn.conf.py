"""How gunicorn serves AnyWork; found by `gunicorn anywork.wsgi` in this folder."""

import multiprocessing
import os

bind = os.environ.get("BIND", "0.0.0.0:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", min(2 * multiprocessing.cpu_count() + 1, 9)))

# A signed resume link or a long filter fits; anything longer is an attack or a mistake.
limit_request_line = 8190
timeout = 30
graceful_timeout = 30
# Slow leaks of libraries never add up; the jitter keeps workers from restarting together.
max_requests = 10_000
max_requests_jitter = 1_000
control_socket_disable = True

accesslog = "-"
# Neither address nor query string (resume links carry signatures), so that the log holds no personal data.
access_log_format = '%(t)s "%(m)s %(U)s" %(s)s %(b)s bytes %(M)s ms [%({x-request-id}o)s]'
