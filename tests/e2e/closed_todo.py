"""
The todos of the example, closed to the pages of other origins but one that nobody has.
"""

from covet import CovetPy
from covet.middleware import CORSMiddleware
from examples.todo.app import app as open_app

app = CovetPy(middleware=[CORSMiddleware(allow_origins=["https://elsewhere.example"])])
for route in open_app.router.routes:
    app.add_route(route.path, route.handler, route.methods, status_code=route.status_code)
