"""
Fill an empty database with people and articles to look at: `python -m examples.conduit.seed`.

Everybody's password is `correct horse battery`.
"""

import asyncio

from sqlalchemy.ext.asyncio import AsyncSession

from covet.auth import Principal
from covet.security import PasswordHasher
from examples.conduit.app import make_app
from examples.conduit.models import Article, Comment, Favorite, Follow, User
from examples.conduit.store import Articles, make_tags

PASSWORD = "correct horse battery"  # noqa: S105 - everybody may know it
NAMES = ("ada", "blaise", "grace")
TOPICS = ("dragons", "tea", "engines", "weaving")


async def seed(session: AsyncSession, *, count: int = 30) -> int:
    """
    Write the articles, if there is nobody yet, and return how many.
    """
    articles = Articles(session, Principal(0))
    if await articles.exists():
        return 0
    password_hash = await PasswordHasher().hash(PASSWORD)
    people = [User(username=name, email=f"{name}@example.com", password_hash=password_hash) for name in NAMES]
    session.add_all(people)
    await session.flush()
    for number in range(count):
        author, reader = people[number % 3], people[(number + 1) % 3]
        topic = TOPICS[number % 4]
        article = Article(
            description=f"What {author.username} knows of {topic}.",
            body=f"There is much to say of {topic}, and this is part {number + 1} of it.",
            author_id=author.id,
            tags=make_tags([topic, "example"]),
        )
        await articles.save(article, f"About {topic}, part {number + 1}")
        session.add(Comment(body="Go on!", article_id=article.id, author_id=reader.id))
        if number % 2:
            session.add(Favorite(user_id=reader.id, article_id=article.id))
    session.add(Follow(follower_id=people[0].id, followed_id=people[1].id))
    await session.commit()
    return count


async def main() -> None:
    app = make_app()
    await app.startup()
    try:
        async with app.scope() as scope:
            print(f"{await seed(await scope.resolve(AsyncSession))} articles were written.")
    finally:
        await app.shutdown()


if __name__ == "__main__":
    asyncio.run(main())
