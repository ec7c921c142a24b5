"""
The tables: people, who follow each other, and articles, with their tags, comments and favourites.
"""

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, query_expression, relationship, validates

from covet.database.orm import Model, Timestamps, secret_column


class User(Timestamps, Model):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str] = secret_column()
    bio: Mapped[str | None] = mapped_column(Text)
    image: Mapped[str | None] = mapped_column(String(2000))

    # Whether the one who asks does: each query says who that is.
    following: Mapped[bool] = query_expression()

    @validates("email")
    def lower(self, _: str, email: str) -> str:
        # Ada@example.com is no second person, on whatever database.
        return email.lower()


class Follow(Model):
    __tablename__ = "follows"

    follower_id: Mapped[int] = mapped_column(ForeignKey(User.id), primary_key=True)
    followed_id: Mapped[int] = mapped_column(ForeignKey(User.id), primary_key=True, index=True)


class Article(Timestamps, Model):
    __tablename__ = "articles"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    description: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)

    author: Mapped[User] = relationship()
    tags: Mapped[list["Tag"]] = relationship(order_by="Tag.id", cascade="all, delete-orphan", passive_deletes=True)
    # As above; and what nobody has to keep, since it can be counted.
    favorited: Mapped[bool] = query_expression()
    favorites_count: Mapped[int] = query_expression()


class Tag(Model):
    __tablename__ = "tags"
    __table_args__ = (UniqueConstraint("name", "article_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    article_id: Mapped[int] = mapped_column(ForeignKey(Article.id, ondelete="CASCADE"), index=True)


class Favorite(Model):
    __tablename__ = "favorites"

    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey(Article.id, ondelete="CASCADE"), primary_key=True, index=True)


class Comment(Timestamps, Model):
    __tablename__ = "comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    article_id: Mapped[int] = mapped_column(ForeignKey(Article.id, ondelete="CASCADE"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey(User.id))

    author: Mapped[User] = relationship()
