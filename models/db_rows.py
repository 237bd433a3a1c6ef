"""One row by a key, one row put in, fields of one row changed: most of what is asked of the database, said without composing.

Peewee composes each query anew, which costs more than the engine's own work. These three are put into words once a
model; whatever is not as plain as that goes Peewee's way.
"""

from peewee import OP, Expression, Field, Node

_select: dict = {}  # (model, field's name) → query
_reading: dict = {}  # model → (names, conversions)
_insert: dict = {}  # (model, names) → query
_update: dict = {}  # (model, names) → query


class Rows:
    """Mixed into the models' parent."""

    @classmethod
    def get(cls, *query, **filters):
        """The first row that fits. Raises DoesNotExist."""
        if len(query) == 1 and not filters and _is_plain(cls, query[0]):
            return _by_key(cls, query[0].lhs, query[0].rhs)
        return super().get(*query, **filters)

    def save(self, force_insert=False, only=None):
        """Write the row, or only these fields of it."""
        meta = self._meta
        if (
            only is None
            and (force_insert or self._pk is None)
            and meta.auto_increment
            and _is_words(self, self.__data__)
        ):
            return _put_in(self)
        if only is not None and self._pk is not None and not force_insert:
            names = tuple(field.name for field in only if field is not meta.primary_key)
            if names and _is_words(self, names):
                return _change(self, names)
        return super().save(force_insert=force_insert, only=only)


def _is_plain(model, condition):
    return (
        type(condition) is Expression
        and condition.op == OP.EQ
        and isinstance(condition.lhs, Field)
        and condition.lhs.model is model
        and type(condition.rhs) in (int, str)
        and not condition.flat
    )


def _is_words(row, names):
    """True when these fields hold values, no expression, and no row that is not saved itself."""
    data, related = row.__data__, row.__rel__
    return all(
        not isinstance(data[name], Node) and (data[name] is not None or related.get(name) is None)
        for name in names
    )


def _by_key(model, field, value):
    meta = model._meta
    if model not in _reading:
        fields = meta.sorted_fields
        _reading[model] = [(one.name, one.python_value) for one in fields]
    query = _select.get((model, field.name))
    if query is None:
        columns = ", ".join(f'"{one.column_name}"' for one in meta.sorted_fields)
        query = _select[model, field.name] = (
            f'SELECT {columns} FROM "{meta.table_name}" WHERE "{field.column_name}" = ? LIMIT 1'
        )
    found = meta.database.execute_sql(query, (field.db_value(value),)).fetchone()
    if found is None:
        raise model.DoesNotExist(f"{meta.name}: {field.name} = {value!r}")
    row = model(__no_default__=1)
    data = row.__data__
    for (name, read), stored in zip(_reading[model], found, strict=True):
        data[name] = read(stored)
    return row


def _put_in(row):
    meta = row._meta
    data, key = row.__data__, meta.primary_key.name
    names = tuple(name for name in data if name != key or data[name] is not None)
    query = _insert.get((type(row), names))
    if query is None:
        columns = ", ".join(f'"{meta.fields[name].column_name}"' for name in names)
        marks = ", ".join("?" * len(names))
        query = _insert[type(row), names] = f'INSERT INTO "{meta.table_name}" ({columns}) VALUES ({marks})'
    fields = meta.fields
    cursor = meta.database.execute_sql(query, [fields[name].db_value(data[name]) for name in names])
    if data.get(key) is None:
        data[key] = meta.database.last_insert_id(cursor)
    row._dirty -= {*names, key}
    return 1


def _change(row, names):
    meta = row._meta
    query = _update.get((type(row), names))
    if query is None:
        fields = ", ".join(f'"{meta.fields[name].column_name}" = ?' for name in names)
        key = meta.primary_key.column_name
        query = _update[type(row), names] = f'UPDATE "{meta.table_name}" SET {fields} WHERE "{key}" = ?'
    values = [meta.fields[name].db_value(row.__data__[name]) for name in names]
    cursor = meta.database.execute_sql(query, [*values, row._pk])
    row._dirty -= set(names)
    return meta.database.rows_affected(cursor)
