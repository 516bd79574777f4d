/** Parts of the page that are fetched when somebody asks for them. */

import { phrases } from "../language";
import { toast } from "./toast";

const say = phrases(
  { missing: "This part of the page did not come. Check your network, or reload the page." },
  { missing: "页面的这一部分未能载入，请检查网络或刷新页面。" },
);

/** Do something with a part once it is here; where it does not come, say so: there is no network, or the server has a newer page by now. */
export async function withPart<Part>(part: Promise<Part>, use: (part: Part) => unknown): Promise<void> {
  let here: Part;
  try {
    here = await part;
  } catch (fault) {
    console.warn(fault);
    return toast(say.missing);
  }
  await use(here);
}
