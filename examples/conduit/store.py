"""
People and articles as the one who asks sees them: whom they follow, what they like.
"""

import re
import unicodedata
from collections.abc import Sequence
from secrets import token_hex

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload, with_expression
from sqlalchemy.orm.interfaces import ORMOption

from covet.auth import Principal
from covet.database import UniqueViolationError
from covet.database.orm import OffsetQuery, Repository
from covet.database.orm.reading import ModelT
from covet.exceptions import NotFoundError
from examples.conduit.errors import fail
from examples.conduit.models import Article, Comment, Favorite, Follow, Tag, User


class ArticleQuery(OffsetQuery[Article], default_sort="-created_at"):
    """
    Which part of the articles: `?limit=20&offset=40`.
    """


class Seen(Repository[ModelT]):
    """
    Rows as the one who asks sees them.
    """

    def __init__(self, session: AsyncSession, principal: Principal) -> None:
        super().__init__(session)
        # Nobody has the number 0.
        self.viewer = int(principal.id or 0)

    async def show(self, name: str, *where: ColumnElement[bool]) -> ModelT:
        """
        Find a row as it is now, whatever the session has seen of it, or answer 404 with its name.
        """
        statement = self.select(*where, load=self.view()).execution_options(populate_existing=True)
        row: ModelT | None = await self.session.scalar(statement)
        if row is None:
            raise fail(NotFoundError, **{name: "not found"})
        return row

    def view(self) -> Sequence[ORMOption]:
        """
        Name what clients get besides the columns.
        """
        return ()


class Users(Seen[User]):
    def view(self) -> Sequence[ORMOption]:
        return [with_expression(User.following, is_followed(self.viewer))]

    async def get(self, username: str) -> User:
        return await self.show("profile", User.username == username)


class Articles(Seen[Article]):
    def view(self) -> Sequence[ORMOption]:
        """
        With these, a page of articles is three statements, however many it has.
        """
        of_article = Favorite.article_id == Article.id
        liked = select(Favorite).where(of_article, Favorite.user_id == self.viewer).exists()
        count = select(func.count()).select_from(Favorite).where(of_article).scalar_subquery()
        return [
            selectinload(Article.author).with_expression(User.following, is_followed(self.viewer)),
            selectinload(Article.tags),
            with_expression(Article.favorited, liked),
            with_expression(Article.favorites_count, count),
        ]

    async def get(self, slug: str) -> Article:
        return await self.show("article", Article.slug == slug)

    async def find_id(self, slug: str) -> int:
        number = await self.session.scalar(select(Article.id).where(Article.slug == slug))
        if number is None:
            raise fail(NotFoundError, article="not found")
        return number

    async def save(self, article: Article, title: str) -> None:
        """
        Keep an article under the slug of its title, with something behind it if another one has that.
        """
        base = slug = slugify(title)
        while True:
            try:
                async with self.session.begin_nested():
                    article.title, article.slug = title, slug
                    self.session.add(article)
            except UniqueViolationError as exc:
                if "slug" not in (exc.constraint or ""):
                    raise
                slug = f"{base}-{token_hex(4)}"
            else:
                return


class Comments(Seen[Comment]):
    def view(self) -> Sequence[ORMOption]:
        return [selectinload(Comment.author).with_expression(User.following, is_followed(self.viewer))]


def is_followed(viewer: int) -> ColumnElement[bool]:
    return select(Follow).where(Follow.followed_id == User.id, Follow.follower_id == viewer).exists()


def slugify(title: str) -> str:
    """
    Write a title as an address: `"How to train your dragon"` is `how-to-train-your-dragon`.
    """
    plain = unicodedata.normalize("NFKC", title).lower()
    return re.sub(r"\W+", "-", plain).strip("-_")[:200] or token_hex(4)


def make_tags(names: Sequence[str]) -> list[Tag]:
    return [Tag(name=name) for name in dict.fromkeys(names)]
