"""
test_round_trips.py - a cold release takes four round trips: TCP, TLS 1.3, token, release.

Does      counts flights in a relay that delays each direction; a flight up and the one down that
          answers it are a round trip, opening the connection is another. Looks at what is one write.
"""

from harness import Scenario, each
from service.defender import DEVICE
from service.relay import DOWN, UP, Relay


class RoundTrips(Scenario):
    def release_through_relays(self, one_way_seconds):
        relays = []
        for server in (self.service.login, self.service.api):
            relay = Relay(server.port, one_way_seconds).start()
            self.addCleanup(relay.stop)
            server.answers_to_port(relay.port)
            relays.append(relay)
        login, api = relays
        result = self.run_program(
            "-4",
            "--authority",
            f"https://localhost:{login.port}",
            "--api-url",
            f"https://localhost:{api.port}",
            "--cacert",
            self.service.pki.root,
            *self.sign_in(),
            "-c",
            "clean",
            DEVICE,
        )
        self.assert_exit(result, 0)
        return login, api

    def directions(self, relay):
        return [flight.direction for flight in relay.flights(1)]

    @each([("RTT 50 ms", 0.025), ("RTT 200 ms", 0.1)])
    def test_four_not_six(self, one_way_seconds):
        login, api = self.release_through_relays(one_way_seconds)
        self.assertEqual((login.connections(), api.connections()), (1, 1))
        # ClientHello, server's flight, Finished and request, answer; nothing more on either.
        self.assertEqual(self.directions(login), [UP, DOWN, UP, DOWN])
        self.assertEqual(self.directions(api), [UP, DOWN, UP, DOWN])
        token_answer, api_ready, api_request = (
            login.flights(1)[3],
            api.flights(1)[1],
            api.flights(1)[2],
        )
        # The API's connection is ready before the token is there: it adds one round trip.
        self.assertLess(api.opened(1), login.flights(1)[1].time)
        self.assertLess(api_ready.time, token_answer.time)
        self.assertGreater(api_request.time, token_answer.time)

    def test_what_goes_out_together(self):
        """The ClientHello fits one packet; the end of the handshake leaves with the token request, in one write."""
        login, api = self.release_through_relays(0.02)
        for relay, flights in ((login, 2), (api, 3)):  # the API's handshake ends before there is a token
            answer = max(d.time for d in relay.deliveries if d.direction == DOWN)
            sent = [d.size for d in relay.deliveries if d.direction == UP and d.time < answer]
            self.assertLess(sent[0], 1200)
            self.assertEqual(len(sent), flights, sent)

    def test_time_from_first_packet_to_last(self):
        round_trip = 0.2
        login, api = self.release_through_relays(round_trip / 2)
        elapsed = api.flights(1)[3].time - login.opened(1)
        self.assertGreaterEqual(elapsed, 3.95 * round_trip)
        self.assertLess(elapsed, 5.5 * round_trip)
