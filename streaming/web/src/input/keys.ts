/** What keys do: one table, for the hand and for the help. */

import { phrases } from "../language";
import type { Head } from "../sky/head";
import { rad } from "../sky/view";

const KEY_TURN = rad(6);
const KEY_ZOOM = 1.15;

/** What can be asked of the page besides looking around, by a key or by a button. */
export interface Commands {
  readonly ahead: () => void;
  readonly fullScreen: () => void;
  readonly mute: () => void;
  readonly pause: () => void;
  readonly planet: () => void;
  readonly details: () => void;
  readonly settings: () => void;
  readonly share: () => void;
  readonly keys: () => void;
  readonly follow: () => void;
  readonly garments: () => void;
}

const say = phrases(
  {
    look: "Look around",
    zoom: "Closer, wider",
    ahead: "Look ahead",
    step: "To the piece before, to the next",
    follow: "Follow the host, or not",
    garments: "Garments as 3D models, or in the picture",
    pause: "Pause, go on",
    mute: "Sound on, off",
    full: "Full screen",
    planet: "Little planet",
    details: "Details of the stream",
    settings: "Settings",
    share: "Share what you see",
    help: "These keys",
    space: "Space",
  },
  {
    look: "转动视角",
    zoom: "放大、缩小",
    ahead: "回到正前方",
    step: "上一件、下一件",
    follow: "跟随主播、停止跟随",
    garments: "以三维模型或在画面中显示服装",
    pause: "暂停、继续",
    mute: "打开、关闭声音",
    full: "全屏",
    planet: "小行星视图",
    details: "直播详情",
    settings: "设置",
    share: "分享当前视角",
    help: "快捷键说明",
    space: "空格",
  },
);

/** One line of the help, and what its keys do. */
export interface KeyLine {
  readonly caps: readonly string[];
  readonly does: string;
  readonly actions: Readonly<Record<string, () => void>>;
}

export function keyLines(head: Head, commands: Commands): readonly KeyLine[] {
  const closer = (): void => head.zoom(KEY_ZOOM);
  const wider = (): void => head.zoom(1 / KEY_ZOOM);
  return [
    {
      caps: ["←", "→", "↑", "↓"],
      does: say.look,
      actions: {
        ArrowLeft: () => head.turn(-KEY_TURN, 0),
        ArrowRight: () => head.turn(KEY_TURN, 0),
        ArrowUp: () => head.turn(0, KEY_TURN),
        ArrowDown: () => head.turn(0, -KEY_TURN),
      },
    },
    { caps: ["+", "−"], does: say.zoom, actions: { "+": closer, "=": closer, "-": wider, _: wider } },
    { caps: ["Home"], does: say.ahead, actions: { Home: commands.ahead } },
    { caps: ["[", "]"], does: say.step, actions: {} }, // heard by the products themselves
    { caps: ["H"], does: say.follow, actions: { h: commands.follow } },
    { caps: ["G"], does: say.garments, actions: { g: commands.garments } },
    { caps: [say.space], does: say.pause, actions: { " ": commands.pause } },
    { caps: ["M"], does: say.mute, actions: { m: commands.mute } },
    { caps: ["F"], does: say.full, actions: { f: commands.fullScreen } },
    { caps: ["P"], does: say.planet, actions: { p: commands.planet } },
    { caps: ["S"], does: say.share, actions: { s: commands.share } },
    { caps: ["O"], does: say.settings, actions: { o: commands.settings } },
    { caps: ["I"], does: say.details, actions: { i: commands.details } },
    { caps: ["?"], does: say.help, actions: { "?": commands.keys } },
  ];
}

const HEARD = "#sky, #twin, #bar button, #stage > header button, #pips button"; // elsewhere arrows scroll and letters are written
const BUTTON_KEYS = [" ", "Enter"];

/** Hear keys while the picture, or a button that floats over it, has the focus. */
export function listenToKeys(page: HTMLElement, lines: readonly KeyLine[]): void {
  const actions = new Map(lines.flatMap((each) => Object.entries(each.actions)));
  page.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target as Element;
    if (!target.matches(HEARD) || (target.matches("button") && BUTTON_KEYS.includes(event.key))) return;
    const action = actions.get(event.key.length === 1 ? event.key.toLowerCase() : event.key);
    if (!action) return;
    action();
    event.preventDefault();
  });
}
