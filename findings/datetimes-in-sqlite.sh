#!/usr/bin/env bash
# SQLAlchemy 2.0.58, Django 5.2.19, Tortoise 1.1.9: one moment, 09:30 UTC, stored in SQLite and read back as text.
# Seen: three texts. SQLAlchemy drops the offset also with DateTime(timezone=True), so the same moment given in UTC and in +08:00 becomes
# two texts, and reads back as two naive datetimes that are eight hours apart. Django leaves the fraction out where it is 0, so its texts have two lengths.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check sqlalchemy==2.0.58 django==5.2.19 tortoise-orm==1.1.9
cat > main.py <<'PY'
import asyncio, datetime, sqlite3
import django, sqlalchemy
from django.conf import settings
from tortoise import Tortoise, fields
from tortoise.models import Model
utc = datetime.datetime(2026, 3, 1, 9, 30, tzinfo=datetime.timezone.utc)
taipei = utc.astimezone(datetime.timezone(datetime.timedelta(hours=8)))
def texts(name):
    return [row[0] for row in sqlite3.connect(name).execute('select at from t')]

engine = sqlalchemy.create_engine('sqlite:///alchemy.db')
table = sqlalchemy.Table('t', sqlalchemy.MetaData(), sqlalchemy.Column('at', sqlalchemy.DateTime(timezone=True)))
with engine.begin() as connection:
    table.create(connection)
    for moment in (utc, taipei):
        connection.execute(table.insert().values(at=moment))
    print('same moment', utc == taipei, [row[0].isoformat() for row in connection.execute(sqlalchemy.select(table))])
print('SQLAlchemy', texts('alchemy.db'))

settings.configure(DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'django.db'}}, USE_TZ=True)
django.setup()
from django.db import connection, models
class Row(models.Model):
    at = models.DateTimeField()
    class Meta:
        app_label, db_table = 'finding', 't'
with connection.schema_editor() as editor:
    editor.create_model(Row)
Row.objects.create(at=taipei)
Row.objects.create(at=taipei.replace(microsecond=5))
print('Django', texts('django.db'))

class Entry(Model):
    id = fields.IntField(primary_key=True)
    at = fields.DatetimeField()
    class Meta:
        table = 't'
async def run():
    await Tortoise.init(db_url='sqlite://tortoise.db', modules={'models': ['__main__']}, use_tz=True)
    await Tortoise.generate_schemas()
    await Entry.create(at=utc)
    await Tortoise.close_connections()
asyncio.run(run())
print('Tortoise', texts('tortoise.db'))
PY
seen=$(venv/bin/python main.py)
echo "$seen"
[ "$seen" = "same moment True ['2026-03-01T09:30:00', '2026-03-01T17:30:00']
SQLAlchemy ['2026-03-01 09:30:00.000000', '2026-03-01 17:30:00.000000']
Django ['2026-03-01 09:30:00', '2026-03-01 09:30:00.000005']
Tortoise ['2026-03-01 09:30:00+00:00']" ] || { echo 'CHANGED'; exit 1; }
