"""
The todos of the example, closed to the pages of other origins but one that nobody has.
"""

from covet import CovetPy
from covet.database import DatabasePlugin
from covet.di import Lifetime
from covet.middleware import CORSMiddleware
from examples.todo.app import app as open_app
from examples.todo.store import TodoStore

app = CovetPy(
    middleware=[CORSMiddleware(allow_origins=["https://elsewhere.example"])], plugins=[DatabasePlugin(url="sqlite://")]
)
app.container.register(TodoStore, lifetime=Lifetime.SINGLETON)
for route in open_app.router.routes:
    app.add_route(route.path, route.handler, route.methods, status_code=route.status_code)


@app.on_startup
async def create_table() -> None:
    """Make the table, as the example does."""
    store = await app.container.resolve(TodoStore)
    await store.create_table()
