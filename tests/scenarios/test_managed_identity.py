"""
test_managed_identity.py - the identity that Azure gives to a host: how it is found, asked and told apart from none.

Rules     contract section 3 and 6.9; entra-docs how-to-use-vm-token.md (read 2026-11-23).
"""

import os
import socket
import stat

from harness import NO_METADATA, Scenario, each
from isolated import NOBODY, folder_in_place_of, with_own_network
from service import faults, imds
from service.defender import DEVICE
from service.entra import CLIENT_ID, TENANT
from service.message import json_answer
from service.service import Service

NAMED = ["--auth", "managed-identity"]
IMDS_ADDRESS, IMDS_PORT = "169.254.169.254", 80


class Identity(Scenario):
    def serve(self, identities):
        """Start the service of the host; self.host."""
        self.identities = identities
        self.host = imds.serve("host", identities, self.service.log)
        self.addCleanup(self.host.stop)
        self.base = f"http://127.0.0.1:{self.host.port}"
        return self

    def release_with(self, *more, env=None, **settings):
        return self.run_program(*self.where(), "-c", "clean", *more, DEVICE, env=env, **settings)

    def host_requests(self):
        return self.service.log.requests("host")


class Imds(Identity):
    def setUp(self):
        super().setUp()
        self.serve(imds.Identities(self.service.entra))
        self.env = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": self.base}

    def test_system_assigned(self):
        self.assert_exit(self.release_with(*NAMED, "-vv", env=self.env), 0)
        self.assertEqual(self.identities.asked_for, ["system"])
        self.assertEqual((self.token_requests(), self.posts()), (0, 1))

    @each([("client", f"client:{imds.CLIENT}", imds.CLIENT), ("object", f"object:{imds.OBJECT}", imds.OBJECT),
           ("resource", f"resource:{imds.RESOURCE_ID}", imds.RESOURCE_ID)])
    def test_user_assigned(self, identity, asked_for):
        self.assert_exit(self.release_with("--identity", identity, env=self.env), 0)
        self.assertEqual(self.identities.asked_for, [asked_for])

    def test_client_id_alone_names_a_user_assigned_one(self):
        self.assert_exit(self.release_with(env={**self.env, "AZURE_CLIENT_ID": imds.CLIENT}), 0)
        self.assertEqual(self.identities.asked_for, [imds.CLIENT])

    def test_system_in_spite_of_a_client_id(self):
        self.assert_exit(self.release_with("--identity", "system", env={**self.env, "AZURE_CLIENT_ID": CLIENT_ID}), 0)
        self.assertEqual(self.identities.asked_for, ["system"])

    def test_auto_takes_it_where_nothing_is_given(self):
        result = self.release_with("-v", env=self.env)
        self.assert_exit(result, 0)
        self.assert_says(result, "not with token", "not with secret", "asking whether this host has a managed identity", "IMDS")

    def test_auto_takes_a_secret_first(self):
        env = {**self.env, "AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": CLIENT_ID, "AZURE_CLIENT_SECRET": self.service.entra.secret}
        result = self.release_with("-v", env=env)
        self.assert_exit(result, 0)
        self.assert_says(result, "not with token", "sign-in: with secret")
        self.assertEqual(self.host_requests(), [])

    def test_scope_names_the_resource(self):
        self.service.entra.resources.add("api://other")
        self.service.defender.audiences.add("api://other")
        self.assert_exit(self.release_with(*NAMED, "--scope", "api://other/.default", env=self.env), 0)

    def test_identity_it_does_not_have(self):
        result = self.release_with("--identity", "client:nobody", env=self.env)
        self.assert_exit(result, 5)
        self.assert_says(result, "Identity not found", "IMDS", "advice:", "--identity")

    def test_401_of_the_api_asks_again(self):
        self.service.api.fail(faults.answer_of(json_answer(401, {"error": {"code": "Unauthorized", "message": "x"}})))
        self.assert_exit(self.release_with(*NAMED, env=self.env), 0)
        self.assertEqual((len(self.host_requests()), self.posts()), (2, 2))

    @each([(str(status), status) for status in (404, 410, 429, 500, 503)])
    def test_not_yet_is_tried_again(self, status):
        self.host.fail(faults.answer_of(json_answer(status, {"error": "not_yet"}, (("Retry-After", "1"),))))
        self.assert_exit(self.release_with(*NAMED, env=self.env), 0)
        self.assertEqual(len(self.host_requests()), 2)

    def test_a_redirect_is_not_followed(self):
        self.host.fail(faults.redirect(302, self.service.api.url))
        self.assert_exit(self.release_with(*NAMED, env=self.env), 14)
        self.assertEqual(self.posts(), 0)


class NoImds(Identity):
    def assert_none(self, result, *words):
        self.assert_exit(result, 5)
        self.assert_says(result, "this host has no managed identity", *words)
        self.assertEqual(self.service.log.events, [], "nothing else was to be begun")

    def test_nothing_given_and_nobody_there(self):
        result = self.release_with()
        self.assert_none(result, "no credential is given", "advice:", "--token-file", "--client-secret-file", "--certificate",
                         "--federated-token-file", "device-code", "managed identity")
        self.assertLess(result.seconds, 1.5)

    def test_named_and_nobody_there(self):
        self.assert_exit(self.release_with(*NAMED), 5)

    @each([("nothing given", []), ("named", NAMED)])
    def test_silence_is_known_within_a_second(self, options):
        env = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": f"http://127.0.0.1:{self.black_hole()}"}
        result = self.release_with(*options, env=env)
        self.assert_exit(result, 5)
        self.assert_says(result, "time-out (connecting)")
        self.assertGreater(result.seconds, 0.9)
        self.assertLess(result.seconds, 3)

    def black_hole(self):
        """A port whose queue is full: nobody is let in, and nobody is told so."""
        listener = socket.socket()
        self.addCleanup(listener.close)
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            waiting = socket.socket()
            self.addCleanup(waiting.close)
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        return listener.getsockname()[1]

    @each([("page", faults.html_page(404)), ("forbidden", faults.html_page(403)), ("page with 200", faults.html_page(200))])
    def test_metadata_service_of_another_cloud(self, fault):
        self.serve(imds.Identities(self.service.entra))
        self.host.fail(fault, 9)
        result = self.release_with(env={"AZURE_POD_IDENTITY_AUTHORITY_HOST": self.base})
        self.assert_exit(result, 5)
        self.assert_says(result, "no credential is given")
        self.assertEqual(len(self.host_requests()), 1)


class FixedAddress(Scenario):
    """IMDS where it really is, in a network that has nothing else: no variable is needed."""

    def start_service(self):
        return Service()        # started in that network

    def test_is_found(self):
        with_own_network(IMDS_ADDRESS, self.release_there)

    def release_there(self):
        self.service.start()
        host = imds.serve("host", imds.Identities(self.service.entra), self.service.log, IMDS_ADDRESS, IMDS_PORT)
        try:
            result = self.run_program(*self.where(), "-v", "-c", "clean", DEVICE, env=dict.fromkeys(NO_METADATA, ""))
            self.assert_exit(result, 0)
            request = self.service.log.requests("host")[0]
            self.assertEqual(request.header("Host"), IMDS_ADDRESS)
        finally:
            host.stop()
            self.service.stop()


class AppService(Identity):
    def setUp(self):
        super().setUp()
        self.serve(imds.AppService(self.service.entra))
        self.extra_secrets.append(self.identities.header)
        self.env = {"IDENTITY_ENDPOINT": self.base + "/msi/token", "IDENTITY_HEADER": self.identities.header}

    def test_is_taken_by_auto(self):
        result = self.release_with("-vv", env=self.env)
        self.assert_exit(result, 0)
        self.assert_says(result, "sign-in: with managed-identity", "App Service", "X-IDENTITY-HEADER: (hidden)")
        self.assertEqual(self.identities.asked_for, ["system"])

    @each([("client", f"client:{imds.CLIENT}"), ("object", f"object:{imds.OBJECT}"),
           ("resource", f"resource:{imds.RESOURCE_ID}")])
    def test_user_assigned(self, identity):
        self.assert_exit(self.release_with("--identity", identity, env=self.env), 0)

    def test_wrong_header_is_refused(self):
        result = self.release_with("-vv", env={**self.env, "IDENTITY_HEADER": "another-header-of-this-app"})
        self.assert_exit(result, 5)
        self.assertNotIn("another-header", result.err)
        self.assert_says(result, "App Service", "Unauthorized")

    def test_header_that_could_not_stand_in_a_request(self):
        result = self.release_with(env={**self.env, "IDENTITY_HEADER": "line-one\r\nX-Evil: 1"})
        self.assert_exit(result, 2)
        self.assertEqual(self.host_requests(), [])

    def test_not_started_yet_is_tried_again(self):
        self.host.refuse_for(0.4)
        self.assert_exit(self.release_with(env=self.env), 0)

    @each([("Service Fabric", {"IDENTITY_SERVER_THUMBPRINT": "DD98B599"}, 5, "Service Fabric is not supported")])
    def test_not_supported(self, more, code, words):
        result = self.release_with(env={**self.env, **more})
        self.assert_exit(result, code)
        self.assert_says(result, words)
        self.assertEqual(self.service.log.requests(), [])


class Arc(Identity):
    """The agent's key folder is one of the scenario's own, seen by the program in the real one's place."""

    def setUp(self):
        super().setUp()
        opt = self.folder / "opt"
        self.keys = opt / "azcmagent" / "tokens"
        self.keys.mkdir(parents=True)
        self.root = self.write("root.pem", self.service.pki.root.read_bytes())  # for an unprivileged user too
        self.root.chmod(0o644)
        self.folder.chmod(0o755)
        self.enter = folder_in_place_of("/var/opt", opt)
        self.enter_as_nobody = folder_in_place_of("/var/opt", opt, NOBODY)
        self.serve(imds.Arc(self.service.entra, folder=self.keys))
        self.extra_secrets = self.identities.keys
        self.env = {"IDENTITY_ENDPOINT": self.base + imds.IMDS_PATH, "IMDS_ENDPOINT": self.base}

    def where(self):
        return ["--api-url", self.service.api.url, "--cacert", self.root]

    def release_there(self, *more, enter=None):
        return self.release_with("-vv", *more, env=self.env, preexec_fn=enter or self.enter)

    def test_challenge_is_answered(self):
        result = self.release_there()
        self.assert_exit(result, 0)
        self.assert_says(result, "Azure Arc", "Authorization: Basic (hidden)")
        self.assertEqual(len(self.host_requests()), 2)

    def test_user_assigned(self):
        self.assert_exit(self.release_there("--identity", f"client:{imds.CLIENT}"), 0)

    def test_key_that_this_user_may_not_read(self):
        self.identities.key_mode = 0o400
        self.root.chmod(0o644)
        result = self.release_there(enter=self.enter_as_nobody)
        self.assert_exit(result, 2)
        self.assert_says(result, ".key", "himds")

    def refused_file(self, name, code=14, words="the challenge names no key"):
        """A challenge that names this file is not answered."""
        self.identities.realm = name
        result = self.release_there()
        self.assert_exit(result, code)
        self.assert_says(result, words)
        self.assertEqual(len(self.host_requests()), 1)
        self.assertEqual(self.posts(), 0)

    @each([("elsewhere", "/etc/passwd"), ("elsewhere, right name", "{folder}/other.key"), ("up", imds.KEY_FOLDER + "/../../../../etc/a.key"),
           ("below", imds.KEY_FOLDER + "/sub/a.key"), ("another name", imds.KEY_FOLDER + "/a.txt"), ("no name", imds.KEY_FOLDER + "/.key")])
    def test_another_file_is_not_read(self, name):
        for path in (self.folder / "other.key", self.keys / "a.txt", self.keys / ".key"):
            path.write_text("this-is-not-for-the-agent")
        self.refused_file(name.format(folder=self.folder))

    def test_symbolic_link_is_not_followed(self):
        (self.keys / "link.key").symlink_to(self.write("other", "this-is-not-for-the-agent"))
        self.refused_file(f"{imds.KEY_FOLDER}/link.key", 2, "link.key: ")

    def test_pipe_is_not_waited_for(self):
        os.mkfifo(self.keys / "pipe.key")
        self.refused_file(f"{imds.KEY_FOLDER}/pipe.key", 2, "pipe.key: Invalid argument")

    def test_folder_is_no_key(self):
        (self.keys / "folder.key").mkdir()
        self.refused_file(f"{imds.KEY_FOLDER}/folder.key", 2, "folder.key: Is a directory")

    @each([("as large as may be", 4096, 5), ("one byte more", 4097, 2)])
    def test_size(self, size, code):
        key = self.keys / "large.key"
        key.write_text("k" * size)
        key.chmod(stat.S_IRUSR)
        self.identities.realm = f"{imds.KEY_FOLDER}/large.key"
        self.assert_exit(self.release_there(), code)    # 5: the agent does not know that key
        self.assertEqual(len(self.host_requests()), 2 if code == 5 else 1)
