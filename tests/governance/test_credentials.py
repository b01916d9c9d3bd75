"""TLS and passwords of gengfu-ingest, at the broker and at the database: what is accepted, and the words of what is not."""
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

import pytest

from support.broker import Broker, plain_settings, tls_settings
from support.certificates import Authority
from support.feed import Feed
from support.ingest import Ingest, migrate
from support.ports import free_port
from support.postgres import TemporaryPostgres
from support.producer import Producer
from support.waiting import wait_for

_PASSWORD = "a word that nobody says"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    made = Authority(tmp_path_factory.mktemp("ca"))
    made.issue("broker", "broker", "127.0.0.1")
    made.issue("elsewhere", "broker", "elsewhere.example")
    for client in ("governance-db", "gw-tls"):
        made.issue(client, client)
    return made


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """An authority that nobody trusts."""
    made = Authority(tmp_path_factory.mktemp("stranger"), "another authority")
    made.issue("governance-db", "governance-db")
    return made


# ---- the broker


@pytest.fixture
def tls_broker(folder, closing, authority):
    (folder / "tls").mkdir()
    shutil.copy(authority.ca, folder / "tls" / "ca.pem")
    for end in ("pem", "key"):
        shutil.copy(authority.folder / f"broker.{end}", folder / "tls" / f"broker.{end}")
    return closing(Broker(folder, lambda port: tls_settings(port, folder), "tls-broker"))


def _by_certificate(folder, closing, uri, broker, ca, own):
    """gengfu-ingest whose key is a credential, as systemd hands it over."""
    credentials = folder / "credentials"
    credentials.mkdir()
    lines = f'ca = "{ca}"\n'
    if own:
        shutil.copy(own.folder / "governance-db.key", credentials / "ingest-key")
        lines += f'certificate = "{own.folder}/governance-db.pem"\nkey = "credential:ingest-key"\n'
    return closing(Ingest(folder, uri, f"mqtts://127.0.0.1:{broker.port}", mqtt=lines,
                          environment={"CREDENTIALS_DIRECTORY": str(credentials)}))


def test_a_client_certificate_opens_the_broker_as_it_ships(folder, closing, database, tls_broker, authority):
    ingest = _by_certificate(folder, closing, database.uri, tls_broker, authority.ca, authority)
    ingest.start()
    producer = Producer("gw-tls", 0x715)
    tls = (authority.ca, authority.folder / "gw-tls.pem", authority.folder / "gw-tls.key")
    gateway = closing(Feed(tls_broker.port, gateway="gw-tls", tls=tls))
    for topic, payload in (producer.birth(), producer.catalogue(), producer.batch(), producer.transition("RAISED")[1]):
        gateway.publish(topic[len(gateway.base) + 1:], payload)
    # A batch that was stored before its catalogue waits for it: in the ledger, and not in the view yet.
    wait_for(lambda: producer.difference(database) == ([], [], []), "every value in the view")
    # And it may say what it must: the access list lets it confirm.
    gateway.wait(lambda: any(m.topic.endswith("/confirm") and len(m.payload) > 20 for m in gateway.messages), "a confirmation")


@pytest.mark.parametrize("case, words", [("wrong authority", "is not trusted (mqtt.ca)"),
                                         ("no certificate", "the broker wants a client certificate (mqtt.certificate)"),
                                         ("foreign certificate", "it is of an authority that the broker does not know")])
def test_a_broker_that_does_not_trust_or_is_not_trusted(folder, closing, database, tls_broker, authority, stranger, case, words):
    ca = stranger.ca if case == "wrong authority" else authority.ca
    own = {"wrong authority": authority, "no certificate": None, "foreign certificate": stranger}[case]
    ingest = _by_certificate(folder, closing, database.uri, tls_broker, ca, own)
    ingest.launch()
    refused = f"telemetry: no connection to mqtts://127.0.0.1:{tls_broker.port}"
    ingest.process.wait_for_log(refused)
    assert words in ingest.log()
    status, text = ingest.get("/healthz")
    assert status == 503 and "broker" in text
    tries = tls_broker.log().count("from 127.0.0.1")
    wait_for(lambda: tls_broker.log().count("from 127.0.0.1") >= tries + 12, "further tries of all lanes")
    assert ingest.log().count(refused) == 1, "told once"


def test_a_broker_of_another_name_gets_nothing(folder, closing, database, authority):
    (folder / "tls").mkdir()
    shutil.copy(authority.ca, folder / "tls" / "ca.pem")
    for end in ("pem", "key"):
        shutil.copy(authority.folder / f"elsewhere.{end}", folder / "tls" / f"broker.{end}")
    broker = closing(Broker(folder, lambda port: tls_settings(port, folder), "tls-broker"))
    ingest = _by_certificate(folder, closing, database.uri, broker, authority.ca, authority)
    ingest.launch()
    ingest.process.wait_for_log('is not for the name "127.0.0.1"')
    assert "client connected" not in broker.log()


@pytest.fixture
def password_broker(folder, closing):
    words = folder / "passwords"
    words.touch(mode=0o600)
    subprocess.run(["mosquitto_passwd", "-b", words, "governance-db", _PASSWORD], check=True, capture_output=True)

    def settings(port):
        return plain_settings(port).replace("allow_anonymous true", "allow_anonymous false") + f"password_file {words}\n"
    return closing(Broker(folder, settings, "password-broker"))


def _by_password(folder, closing, uri, broker, password: str):
    credentials = folder / "credentials"
    credentials.mkdir()
    (credentials / "mqtt-password").write_text(password + "\n")
    return closing(Ingest(folder, uri, broker.port, mqtt='username = "governance-db"\npassword = "credential:mqtt-password"',
                          environment={"CREDENTIALS_DIRECTORY": str(credentials)}))


def test_the_brokers_password_comes_from_a_credential(folder, closing, database, password_broker):
    ingest = _by_password(folder, closing, database.uri, password_broker, _PASSWORD)
    ingest.start()
    assert _PASSWORD not in ingest.log()


def test_a_wrong_password_is_told(folder, closing, database, password_broker):
    ingest = _by_password(folder, closing, database.uri, password_broker, "wrong")
    ingest.launch()
    ingest.process.wait_for_log("no connection to mqtt://127.0.0.1")
    line = next(line for line in ingest.log().splitlines() if "no connection to mqtt://" in line)
    assert "ot authorized" in line or "ot authorised" in line or "user name or password" in line, line


# ---- the database


@pytest.fixture(scope="module")
def secured(tmp_path_factory, authority):
    """A PostgreSQL that takes passwords over TLS alone."""
    place = pathlib.Path(tempfile.mkdtemp(prefix="gengfu-pgs-", dir="/tmp"))
    place.chmod(0o711)
    for source, target in (("broker.pem", "server.pem"), ("broker.key", "server.key")):
        shutil.copy(authority.folder / source, place / target)
        (place / target).chmod(0o600)
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(place / target, nobody.pw_uid, nobody.pw_gid)
    settings = {"listen_addresses": "'127.0.0.1'", "port": str(free_port()), "ssl": "on",
                "ssl_cert_file": f"'{place}/server.pem'", "ssl_key_file": f"'{place}/server.key'"}
    access = ("local all all trust", "hostssl all all 127.0.0.1/32 scram-sha-256")
    with TemporaryPostgres(place / "pg", settings, access) as postgres:
        postgres.query(f"CREATE ROLE \"gengfu-ingest\" LOGIN PASSWORD '{_PASSWORD}'")
        postgres.query('CREATE DATABASE governance OWNER "gengfu-ingest"')
        migrate(postgres.uri_of("governance").replace("gengfu@", "gengfu-ingest@"))
        postgres.tcp = settings["port"]
        yield postgres
    shutil.rmtree(place, ignore_errors=True)


def _to_database(folder, closing, secured, broker, password=_PASSWORD, ca=None, host="127.0.0.1", mode="verify-full"):
    credentials = folder / "credentials"
    credentials.mkdir()
    (credentials / "database-password").write_text(password)
    uri = f"host={host} port={secured.tcp} dbname=governance user=gengfu-ingest sslmode={mode} sslrootcert={ca}"
    return closing(Ingest(folder, uri, broker.port, database='password = "credential:database-password"',
                          environment={"CREDENTIALS_DIRECTORY": str(credentials)}))


def test_the_database_over_tls_with_a_password_from_a_credential(folder, closing, secured, broker, authority):
    ingest = _to_database(folder, closing, secured, broker, ca=authority.ca)
    ingest.start()
    rows = secured.query("SELECT DISTINCT ssl, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
                         "WHERE application_name LIKE 'gengfu-ingest %%'")
    assert rows and all(ssl and version.startswith("TLSv1.") for ssl, version in rows), rows
    producer = Producer("gw-db-tls", 0x716)
    client = closing(Feed(broker.port, gateway="gw-db-tls"))
    for topic, payload in (producer.birth(), producer.catalogue(), producer.batch()):
        client.publish(topic[len(client.base) + 1:], payload)

    class Governance:
        query = staticmethod(lambda sql, *arguments: secured.query(sql, *arguments, database="governance"))
    wait_for(lambda: producer.difference(Governance) == ([], [], []), "every value in the view")
    assert _PASSWORD not in ingest.log() and _PASSWORD not in secured.log


@pytest.mark.parametrize("case, words", [
    ("wrong password", 'password authentication failed for user "gengfu-ingest"'),
    ("wrong authority", "certificate verify failed"),
    ("another name", 'does not match host name "localhost"'),
    ("no TLS", "no encryption")])
def test_a_database_that_refuses_or_is_not_trusted(folder, closing, secured, broker, authority, stranger, case, words):
    changed = {"wrong password": {"password": "wrong"}, "wrong authority": {"ca": stranger.ca}, "another name": {"host": "localhost"},
               "no TLS": {"mode": "disable"}}[case]
    ingest = _to_database(folder, closing, secured, broker, **{"ca": authority.ca, **changed})
    ingest.launch()
    ingest.process.wait_for_log(words)
    assert ingest.get("/healthz")[0] == 503
    assert "nothing is lost" in ingest.log() and _PASSWORD not in ingest.log()
