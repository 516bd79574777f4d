// Other people's WHIP and WHEP clients, in one file for the tests that hold ours against them (tests/streaming/test_browser_witnesses.py).
export { WebRTCPlayer } from "@eyevinn/webrtc-player";
export { WHIPClient as EyevinnCamera } from "@eyevinn/whip-web-client";
export { WHEPClient as MedoozeViewer } from "whip-whep/whep.js";
export { WHIPClient as MedoozeCamera } from "whip-whep/whip.js";
