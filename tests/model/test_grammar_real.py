"""What the server's own matcher lets the model write under the grammar of a few tables."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from streamlink_magic.records import Column, TableName, TableSchema
from streamlink_magic.serving import ServeOptions
from streamlink_magic.serving.places import find_places
from streamlink_magic.serving.plan import make_plan
from streamlink_magic.steps.grammar import sql_grammar
from streamlink_magic.testing import table

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.model

_MATCHER = Path(__file__).with_name("matcher.py")
HEAD = table("head", "head_id int, name string, born_state string, age double, date date, hits int")
DEPARTMENT = table("Department", "dep_id int, Creation string, budget double, head_id int")
SALES = TableSchema(
    TableName("unit sales", database="shop"),
    kind="table",
    columns=(
        Column("unit price", "double"),
        Column("time", "string"),
        Column("order", "int"),
        Column("info", "struct<a:int>"),
        Column("tags", "array<string>"),
    ),
)
VISITS = table("visits", "visit_day date, seen int", database="clinic")
TABLES = (HEAD, DEPARTMENT, SALES, VISITS)

QUERIES = """
SELECT name FROM head
select count(*) from head where age > 56
SELECT COUNT(*) FROM HEAD WHERE Age >= 56.5 AND NOT (name = 'x' OR name LIKE '%O''Brien%')
SELECT `unit price` * 2 AS p FROM `unit sales` WHERE time > '10:00' AND `time` < '12' ORDER BY p
SELECT `unit sales`.`order`, info.a, tags[0] FROM `unit sales`
SELECT clinic.visits.seen, visits.visit_day FROM clinic.visits
SELECT v.seen FROM clinic.visits AS v WHERE v.visit_day >= CURRENT_DATE - INTERVAL 30 DAYS
SELECT head.name, Department.budget FROM head JOIN Department ON head.head_id = Department.head_id
SELECT T1.name, T2.* FROM head AS T1 LEFT JOIN department d2 ON T1.head_id = d2.head_id
SELECT name, avg(age) AS mean_age FROM head GROUP BY name HAVING mean_age > 40 ORDER BY mean_age
SELECT name FROM head ORDER BY COUNT(*) DESC NULLS LAST, 2 LIMIT 10 OFFSET 5
SELECT name FROM head h WHERE NOT EXISTS (SELECT 1 FROM Department d WHERE d.head_id = h.head_id)
SELECT name FROM head WHERE age = (SELECT MAX(age) FROM head) AND born_state NOT IN ('CA', 'NY')
SELECT (SELECT COUNT(*) FROM head) * 100.0 / (SELECT COUNT(*) FROM Department) AS share
SELECT SUM(CASE WHEN age > 50 THEN 1 ELSE 0 END) / COUNT(DISTINCT name) FROM head
SELECT CASE born_state WHEN 'CA' THEN 'west' WHEN 'NY' THEN 'east' END FROM head
SELECT CAST(age AS INT), TRY_CAST(name AS DECIMAL(10, 2)), EXTRACT(YEAR FROM date) FROM head
SELECT date FROM head WHERE date BETWEEN DATE '2020-01-01' AND DATE'2020-12-31' AND age > -5
SELECT SUM(age) OVER (PARTITION BY name ORDER BY date DESC) AS s FROM head
SELECT AVG(age) OVER (ORDER BY date ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM head
SELECT name, rn FROM (SELECT name, RANK() OVER (ORDER BY age) AS rn FROM head) t WHERE t.rn = 1
SELECT AVG(total) FROM (SELECT born_state, SUM(age) AS total FROM head GROUP BY born_state)
WITH w AS (SELECT name, COUNT(*) AS n FROM head GROUP BY name) SELECT name FROM w WHERE w.n > 1
WITH a AS (SELECT age FROM head), b AS (SELECT age AS old FROM a) SELECT b.old FROM a, b
SELECT name FROM head UNION ALL SELECT Creation FROM Department ORDER BY name
(SELECT name FROM head) EXCEPT (SELECT Creation FROM Department)
SELECT COUNT(*) AS `Total Count` FROM head CROSS JOIN Department
SELECT name FROM head JOIN Department USING (head_id) WHERE (age, 1) IN (SELECT age, 1 FROM head)
""".strip().split("\n")

NO_QUERIES = """
INSERT INTO head VALUES (1)
INSERT INTO head SELECT * FROM head
INSERT OVERWRITE DIRECTORY '/tmp/x' SELECT * FROM head
WITH x AS (SELECT name FROM head) INSERT INTO head SELECT * FROM x
FROM head INSERT OVERWRITE TABLE x SELECT *
DELETE FROM head
UPDATE head SET age = 1
MERGE INTO head USING Department ON TRUE WHEN MATCHED THEN DELETE
DROP TABLE head
TRUNCATE TABLE head
CREATE TABLE x AS SELECT * FROM head
CREATE TEMPORARY VIEW x AS SELECT * FROM head
ALTER TABLE head ADD COLUMN x INT
SET spark.sql.x = 1
RESET
USE clinic
EXECUTE IMMEDIATE 'DROP TABLE head'
BEGIN SELECT 1; END
DECLARE x INT
EXPLAIN SELECT name FROM head
SHOW TABLES
DESCRIBE head
CACHE TABLE head
REFRESH TABLE head
LOAD DATA INPATH '/x' INTO TABLE head
ADD JAR '/x.jar'
CALL x()
VALUES (1)
TABLE head
SELECT TRANSFORM(name) USING 'cat' FROM head
SELECT TRANSFORM(name) USING 'cat' AS (x) FROM head
FROM head SELECT TRANSFORM(name) USING 'cat'
FROM head MAP name USING 'cat'
FROM head REDUCE name USING 'cat'
SELECT * FROM parquet.`/etc/passwd`
SELECT * FROM csv.`/etc/passwd`
WITH x AS (SELECT name FROM head) SELECT * FROM csv.`/etc/passwd`
SELECT * FROM `/etc/passwd`
SELECT * FROM read_files('/etc')
SELECT * FROM range(10)
SELECT reflect('java.lang.System', 'exit', 1)
SELECT java_method('java.lang.System', 'exit', 1) FROM head
SELECT input_file_name() FROM head
SELECT current_user() FROM head
SELECT name FROM head; DROP TABLE head
SELECT name FROM head; SELECT name FROM head
SELECT name FROM head -- x
SELECT name /* x */ FROM head
SELECT /*+ BROADCAST(head) */ name FROM head
SELECT age--1 FROM head
SELECT name FROM IDENTIFIER('x')
SELECT :x FROM head
SELECT name FROM head VERSION AS OF 1
SELECT head._metadata FROM head
SELECT 'a```b' FROM head
SELECTname FROM head
SELECT name FROMhead
""".strip().split("\n")

INVENTED = """
SELECT head.budget FROM head
SELECT head.bogus FROM head
SELECT HEAD.budget FROM HEAD
SELECT Department.age FROM Department
SELECT clinic.visits.name FROM clinic.visits
SELECT visits.name FROM clinic.visits
WITH x AS (SELECT name FROM head) SELECT head.bogus FROM head
SELECT bogus FROM head
SELECT T1.bogus FROM head AS T1
SELECT name FROM head WHERE bogus = 1
SELECT name FROM head ORDER BY bogus
SELECT name AS x FROM head WHERE x = 1
SELECT COUNT(*) AS n FROM head ORDER BY T1.n
SELECT name FROM secrets
SELECT name FROM clinic.head
""".strip().split("\n")


def judged(tables: Sequence[TableSchema], texts: Sequence[str]) -> dict[str, Any]:
    """Return the matcher's word on texts under the grammar of tables."""
    python, tokenizer = find_server_parts()
    job = [{"grammar": sql_grammar(tuple(tables), "shop"), "texts": list(texts)}]
    command = [str(python), str(_MATCHER), str(tokenizer)]
    done = subprocess.run(
        command, input=json.dumps(job), text=True, capture_output=True, check=True
    )
    verdict: dict[str, Any] = json.loads(done.stdout)[0]
    assert "error" not in verdict, verdict
    return verdict


def find_server_parts() -> tuple[Path, Path]:
    """Return the server's interpreter and the model's tokenizer, both as they lie here."""
    plan, places = make_plan(ServeOptions()), find_places()
    python, folder = plan.find_python(places), plan.find_folder(places)
    if python is None or folder is None:
        pytest.skip("no model server is installed here: streamlink serve does that")
    return python, folder / "tokenizer.json"


@pytest.fixture(scope="module")
def ends() -> dict[str, bool]:
    """Return whether each text of this module may be written."""
    texts = [f"{one}{end}" for one in QUERIES for end in ("", ";", "\n```", ";\n```")]
    texts += [*QUERIES, *NO_QUERIES, *INVENTED]
    return dict(zip(texts, judged(TABLES, texts)["ends"], strict=True))


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("end", ["", ";", "\n```", ";\n```"])
def test_a_query_may_be_written_and_ended(ends: dict[str, bool], query: str, end: str) -> None:
    """By the model's own end, and by what the server stops at."""
    assert ends[query + end]


@pytest.mark.parametrize("text", NO_QUERIES)
def test_nothing_but_one_plain_query_can_be_written(ends: dict[str, bool], text: str) -> None:
    """No statement that changes, runs or reads anything else."""
    assert not ends[text]


@pytest.mark.parametrize("query", INVENTED)
def test_an_invented_name_cannot_be_written(ends: dict[str, bool], query: str) -> None:
    """A table's name takes its own columns; any other place takes a column that there is."""
    assert not ends[query]


def test_a_hundred_tables_compile() -> None:
    """Large catalogs stay within what the server's grammar engine takes."""
    columns = ", ".join(f"customer_{number}_code string" for number in range(10))
    many = [table(f"order_item_{number}", columns) for number in range(100)]
    verdict = judged(many, ["SELECT T1.customer_3_code FROM order_item_42 AS T1"])
    assert verdict["ends"] == [True]
