#!/usr/bin/env python3
"""Every token of parameters and results keeps its bytes on the whole way."""

import json
import unittest

from daemon import Daemon


class Payload(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon().start()
        cls.daemon.install(cls.daemon.fault_plugin())

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__(None)

    def echoed(self, parameters):
        """What the tool `raw` got and gave back, as it stands in the answer."""
        answer = self.daemon.execute("fault.normal:raw", parameters)
        self.assertEqual(answer.status, 200, answer.body[:1000])
        head, tail = b'{"pluginId":"fault.normal","toolName":"raw","result":', b"}"
        self.assertTrue(answer.body.startswith(head) and answer.body.endswith(tail), answer.body[:200])
        return answer.body[len(head):-len(tail)]

    def test_tokens(self):
        for token in (rb'"\ud800"', rb'"\udc00\ud800x"', rb'"\u0000\u001f\/\b"', b"1234567890123456789012345", b"-0", b"1.0", b"1e400", b"1E+2",
                      '"ü€𝄞\u2028\u2029\u0085"'.encode(), b'""', b"[]", b"{}", b"null", b"true", b'{"a":1,"a":2,"\\u0061":3}', b'{"b":1,"a":2,"10":3,"9":4}'):
            with self.subTest(token=token):
                self.assertEqual(self.echoed(b'{"v":' + token + b"}"), b'{"v":' + token + b"}")

    def test_white_space_between_tokens_goes_and_inside_strings_stays(self):
        pretty = b'{\r\n\t"a" : [ 1.0 ,\n 2 ] ,\n  "b c" : "two  words\\n"\r\n}'
        self.assertEqual(self.echoed(pretty), b'{"a":[1.0,2],"b c":"two  words\\n"}')

    def test_depth_up_to_the_limit(self):
        # The body adds one level around the parameters, the worker's answer three.
        for depth, status in ((990, 200), (1000, 400)):
            nested = b'{"v":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"
            answer = self.daemon.execute("fault.normal:raw", nested)
            self.assertEqual(answer.status, status, answer.body[:300])
            if status == 200:
                self.assertIn(nested, answer.body)

    def test_nine_megabytes_there_and_back(self):
        text = "x" * (9 << 20)
        self.assertEqual(self.echoed(json.dumps({"v": text}).encode()), json.dumps({"v": text}, separators=(",", ":")).encode())

    def test_a_nine_megabyte_result(self):
        answer = self.daemon.execute("fault.normal:big", {"bytes": 9 << 20})
        self.assertEqual(answer.status, 200)
        self.assertGreater(len(answer.body), 9 << 20)

    def test_bodies_at_the_limit(self):
        frame = len(b'{"tool": "fault.normal:raw","parameters":{"v":""}}')
        limit = 10 << 20
        at = self.daemon.execute("fault.normal:raw", b'{"v":"' + b"x" * (limit - frame) + b'"}')
        self.assertEqual(at.status, 200, at.body[:200])
        beyond = self.daemon.execute("fault.normal:raw", b'{"v":"' + b"x" * (limit - frame + 1) + b'"}')
        self.assertEqual((beyond.status, beyond.json()["code"]), (413, "payload_too_large"))

    def test_absent_parameters_are_an_empty_object(self):
        answer = self.daemon.post("/api/plugins/tools/execute", {"tool": "fault.normal:raw"})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.body, b'{"pluginId":"fault.normal","toolName":"raw","result":{}}')

    def test_run_context(self):
        given = {"agentId": "a-1", "runId": "r \ud83d", "companyId": "c", "projectId": "p"}
        answer = self.daemon.execute("fault.normal:context", {}, runContext=given)
        self.assertEqual(answer.json()["result"]["data"], given)
        answer = self.daemon.execute("fault.normal:context", {}, runContext={"agentId": "only"})
        self.assertEqual(answer.json()["result"]["data"], {"agentId": "only", "runId": "default", "companyId": "default", "projectId": "default"})


if __name__ == "__main__":
    unittest.main(argv=["payload_test"], verbosity=2)
