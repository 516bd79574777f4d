/** STUN and TURN servers, as WHEP tells of them in Link headers (RFC 9725, section 4.6; RFC 8288). Pure. */

const PARAMETER = String.raw`;\s*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]+))`;
const LINK = new RegExp(String.raw`<([^>]*)>((?:\s*${PARAMETER})*)`, "g");

/** @param header all Link headers of a response, as fetch joins them; null when there is none */
export function iceServers(header: string | null): RTCIceServer[] {
  return [...(header ?? "").matchAll(LINK)].flatMap(([, url = "", rest = ""]) => {
    const parameters = new Map(
      [...rest.matchAll(new RegExp(PARAMETER, "g"))].map(([, name = "", quoted, bare]) => [name.toLowerCase(), unquoted(quoted) ?? bare ?? ""]),
    );
    if (parameters.get("rel") !== "ice-server" || !/^(stun|turn)s?:/i.test(url)) return [];
    const username = parameters.get("username");
    const credential = parameters.get("credential");
    return [username === undefined || credential === undefined ? { urls: url } : { urls: url, username, credential }];
  });
}

function unquoted(text: string | undefined): string | undefined {
  return text?.replace(/\\(.)/g, "$1");
}
