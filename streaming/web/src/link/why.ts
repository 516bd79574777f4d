/** Why a session does not come about, or ends, in the visitor's language. */

import { language, phrases } from "../language";

export const why = phrases(
  {
    noChannel: "There is no such channel.",
    full: "The house is full.",
    closed: "This channel is not open to you.",
    trouble: "The server is in trouble.",
    refused: (status: number) => `The server refused (${status}).`,
    silent: "The server does not answer.",
    nonsense: "The server's answer made no sense.",
    noWebRtc: "This browser has no WebRTC.",
    noPlay: "This browser cannot play H.264 video.",
    noSend: "This browser cannot send H.264 video.",
    noWay: "The connection does not come about.",
    lost: "The connection was lost.",
    noPicture: "No picture arrives.",
    stopped: "Stopped.",
  },
  {
    noChannel: "没有这个频道。",
    full: "观众已满。",
    closed: "您无权观看此频道。",
    trouble: "服务器出现故障。",
    refused: (status) => `服务器拒绝了请求（${status}）。`,
    silent: "服务器没有响应。",
    nonsense: "无法理解服务器的回应。",
    noWebRtc: "此浏览器不支持 WebRTC。",
    noPlay: "此浏览器无法播放 H.264 视频。",
    noSend: "此浏览器无法发送 H.264 视频。",
    noWay: "无法建立连接。",
    lost: "连接已中断。",
    noPicture: "没有收到画面。",
    stopped: "已停止。",
  },
);

/** What the server says, which it says in English; to all others our own words. */
export function told(problem: string | null, own: string): string {
  return language === "en" ? (problem ?? own) : own;
}
