#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Looks at pages in Debian's Chromium, without a window and without a network.

usage: browser.py [--pictures DIR] PAGE...

Of each page, in light and dark, 400 and 1,400 pixels wide and in print, folded and with everything
unfolded: that nothing is written to the console, nothing is asked of the network, nothing sticks out
to the right, labels of charts don't overlap, all text has a contrast of 4.5 or more; that sorting and
pointing work; and that it is the same page without scripts. Prints a line of TAP for each page. With
a page's name come, after tabs, words that it must say.
"""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

# ---- the browser: DevTools' protocol over a pair of pipes, messages ended by zero bytes ----


class Browser:
    def __init__(self, program):
        self.profile = tempfile.mkdtemp(prefix="browser.")
        to_read, self.to = os.pipe()
        self.back, from_write = os.pipe()

        def arrange():
            # 3 and 4 are what --remote-debugging-pipe reads and writes.
            first, second = os.dup(to_read), os.dup(from_write)
            os.dup2(first, 3)
            os.dup2(second, 4)

        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--remote-debugging-pipe", "--disable-gpu",
             "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--proxy-server=127.0.0.1:9", f"--user-data-dir={self.profile}", "about:blank"],
            preexec_fn=arrange, close_fds=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(from_write)
        self.pending = b""
        self.number = 0
        self.events = []

    def message(self):
        while b"\0" not in self.pending:
            more = os.read(self.back, 1 << 20)
            if not more:
                raise RuntimeError("the browser has gone")
            self.pending += more
        text, self.pending = self.pending.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, session=None, **params):
        self.number += 1
        number = self.number
        text = {"id": number, "method": method, "params": params}
        if session:
            text["sessionId"] = session
        data = json.dumps(text).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        while True:
            got = self.message()
            if got.get("id") == number:
                if "error" in got:
                    raise RuntimeError(f"{method}: {got['error']['message']}")
                return got["result"]
            if "method" in got:
                self.events.append(got)

    def wait(self, method):
        while not any(e["method"] == method for e in self.events):
            got = self.message()
            if "method" in got:
                self.events.append(got)

    def close(self):
        try:
            self.call("Browser.close")
        except (RuntimeError, OSError):
            pass
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for _ in range(50):
            shutil.rmtree(self.profile, ignore_errors=True)
            if not os.path.exists(self.profile):
                break
            time.sleep(0.1)


# ---- what is looked at: runs in the page, and returns what is wrong ----

UNFOLD = "for (const d of document.querySelectorAll('details')) d.open = true"

LOOK = r"""(() => {
const wrong = [];
const say = (what, element) => { if (wrong.length < 20) wrong.push(what + ': ' + (element ? (element.className.baseVal ?? element.className) + ' "' + element.textContent.slice(0, 60) + '"' : '')); };
const root = document.documentElement;
const hidden = e => e.closest('svg, .scroll');
if (root.scrollWidth > innerWidth) {
	say(`the page is ${root.scrollWidth} wide`, null);
	for (const e of document.body.querySelectorAll('*'))
		if (e.getBoundingClientRect().right > innerWidth + 1 && !hidden(e)) say('sticks out', e);
}

// Colours with a canvas, so that every way to write one is understood.
const canvas = Object.assign(document.createElement('canvas'), {width: 1, height: 1}).getContext('2d', {willReadFrequently: true});
const known = new Map();
const rgba = text => {
	if (!known.has(text)) {
		canvas.clearRect(0, 0, 1, 1);
		canvas.fillStyle = text;
		canvas.fillRect(0, 0, 1, 1);
		const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
		known.set(text, [r, g, b, a / 255]);
	}
	return known.get(text);
};
const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
const backs = new Map();
const behind = element => {
	if (!backs.has(element)) backs.set(element, find(element));
	return backs.get(element);
};
const find = element => {
	if (!element) return rgba(getComputedStyle(root).colorScheme === 'dark' ? '#000' : '#fff');
	const own = rgba(getComputedStyle(element).backgroundColor);
	return own[3] === 1 ? own : over(own, behind(element.parentElement));
};
const light = c => {
	const [r, g, b] = c.slice(0, 3).map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
let texts = 0, least = 99;
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node; (node = walker.nextNode());) {
	const e = node.parentElement;
	if (!node.data.trim() || e.closest('script, style, title, caption')) continue;
	const style = getComputedStyle(e);
	if (style.display === 'none' || style.visibility === 'hidden' || !e.getClientRects().length) continue;
	texts++;
	// A label stands on the box of its group.
	const box = e.closest('svg') && e.closest('g') && e.closest('g').querySelector('rect');
	const back = box ? over(rgba(getComputedStyle(box).fill), behind(e)) : behind(e), front = over(rgba(e.closest('svg') ? style.fill : style.color), back);
	const [a, b] = [light(front), light(back)], contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
	least = Math.min(least, contrast);
	if (contrast < 4.5) say(`contrast ${contrast.toFixed(2)}`, e);
}

// Labels: no two of one drawing overlap, none is cut by the window.
for (const drawing of document.querySelectorAll('svg')) {
	const boxes = [...drawing.querySelectorAll('text')].map(e => [e, e.getBoundingClientRect()]).filter(([, b]) => b.width && b.height).sort((x, y) => x[1].left - y[1].left);
	boxes.forEach(([e, box], i) => {
		const room = drawing.closest('.scroll') ? drawing.getBoundingClientRect() : {left: 0, right: innerWidth};
		if (box.left < room.left - 0.5 || box.right > room.right + 0.5) say('label cut', e);
		for (const [other, to] of boxes.slice(i + 1)) {
			if (to.left >= box.right - 0.5) break;
			if (to.top < box.bottom - 2.5 && box.top < to.bottom - 2.5) say(`label overlaps "${other.textContent}"`, e);
		}
	});
}

for (const e of document.querySelectorAll('*')) {
	for (const a of e.attributes)
		if (/^on/i.test(a.name) || (/^(src|href|action|formaction|data|srcdoc|xlink:href)$/i.test(a.name) && !/^#[a-z]+$/.test(a.value))) say(`attribute ${a.name}=${a.value}`, e);
	if (/^(img|iframe|object|embed|link|base|form|input|video|audio|image|use|foreignobject|template|math)$/i.test(e.tagName)) say('element ' + e.tagName, e);
}
if (document.scripts.length !== 1) say(document.scripts.length + ' scripts', null);
if (globalThis.pwned) say('a script of the payload ran', null);
return {wrong, texts, least: Number(least.toFixed(2))};
})()"""

SORT = r"""(() => {
const wrong = [];
for (const table of document.querySelectorAll('table')) {
	const heads = [...table.tHead.rows[0].cells];
	const head = heads.find(h => h.classList.contains('num'));
	if (!head || table.tBodies[0].rows.length < 2) continue;
	const read = () => [...table.tBodies[0].rows].map(r => Number(r.cells[head.cellIndex].dataset.v));
	const count = table.tBodies[0].rows.length;
	head.click();
	const down = read();
	if (down.some((v, i) => i && v > down[i - 1])) wrong.push('not sorted down by ' + head.textContent);
	head.click();
	const up = read();
	if (up.some((v, i) => i && v < up[i - 1])) wrong.push('not sorted up by ' + head.textContent);
	if (table.tBodies[0].rows.length !== count || heads.filter(h => h.ariaSort).length !== 1) wrong.push('sorting changed the table');
}
const hit = document.querySelector('.hit'), readout = document.querySelector('.readout');
if (hit) {
	const still = readout.textContent;
	hit.dispatchEvent(new PointerEvent('pointerover', {bubbles: true}));
	if (readout.textContent !== hit.querySelector('title').textContent) wrong.push('pointing at a bar tells nothing');
	hit.closest('.plot').dispatchEvent(new PointerEvent('pointerleave'));
	if (readout.textContent !== still) wrong.push('pointing elsewhere changes nothing');
}
return wrong;
})()"""


class Page:
    def __init__(self, browser, path):
        self.browser = browser
        self.path = pathlib.Path(path).resolve()
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.target = target
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def run(self, script):
        got = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in got:
            raise RuntimeError(got["exceptionDetails"].get("exception", {}).get("description", "exception"))
        return got["result"].get("value")

    def load(self, width, theme, media="screen"):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", media=media,
                  features=[{"name": "prefers-color-scheme", "value": theme}])
        self.browser.events = []
        self.call("Page.navigate", url=self.path.as_uri())
        self.browser.wait("Page.loadEventFired")

    def complaints(self):
        """What the browser has told of since it was loaded."""
        for event in self.browser.events:
            method, params = event["method"], event["params"]
            if method == "Log.entryAdded":
                yield "console: " + params["entry"]["text"]
            elif method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
                yield "console: " + json.dumps(params)[:300]
            elif method == "Network.requestWillBeSent" and params["request"]["url"] != self.path.as_uri():
                yield "asked for " + params["request"]["url"]
            elif method in ("Page.javascriptDialogOpening", "Target.targetCreated", "Page.windowOpen"):
                yield method

    def picture(self, path):
        height = self.run("document.documentElement.scrollHeight")
        width = self.run("innerWidth")
        got = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                        clip={"x": 0, "y": 0, "width": width, "height": min(height, 12000), "scale": 1})
        pathlib.Path(path).write_bytes(base64.b64decode(got["data"]))

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)


def look(browser, path, words, pictures):
    page = Page(browser, path)
    wrong, texts, least = [], 0, 99
    for theme in ("light", "dark"):
        for width in (1400, 400):
            page.load(width, theme)
            where = f"{width} px, {theme}: "
            if pictures:
                page.picture(f"{pictures}/{page.path.stem}-{width}-{theme}.png")
            folded = page.run(LOOK)
            page.run(UNFOLD)
            unfolded = page.run(LOOK)
            if pictures:
                page.picture(f"{pictures}/{page.path.stem}-{width}-{theme}-open.png")
            wrong += [where + w for w in folded["wrong"] + unfolded["wrong"]]
            if width == 1400:
                wrong += [where + w for w in page.run(SORT)]
            wrong += [where + w for w in page.complaints()]
            texts, least = unfolded["texts"], min(least, folded["least"], unfolded["least"])
    text = page.run("document.body.textContent")
    rows = page.run("document.querySelectorAll('tr').length")
    wrong += [f"doesn't say '{word}'" for word in words if word not in text]
    page.load(760, "dark", "print")
    page.run(UNFOLD)
    wrong += ["print: " + w for w in page.run(LOOK)["wrong"]]
    if len(page.call("Page.printToPDF", printBackground=True)["data"]) < 1000:
        wrong.append("print: nothing")
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    page.load(1400, "light")
    html = page.call("DOM.getOuterHTML", nodeId=page.call("DOM.getDocument")["root"]["nodeId"])["outerHTML"]
    if 'class="js"' in html or html.count("<tr>") != rows:
        wrong.append("without scripts it is another page")
    page.close()
    return wrong, texts, least


def main():
    args = sys.argv[1:]
    pictures = None
    if args and args[0] == "--pictures":
        pictures = args[1]
        args = args[2:]
    program = shutil.which("chromium")
    if not program:
        print("ok - pages in a browser # SKIP chromium is not installed")
        return
    browser = Browser(program)
    failed = False
    try:
        for arg in args:
            path, *words = arg.split("\t")
            wrong, texts, least = look(browser, path, words, pictures)
            print(f"{'not ok' if wrong else 'ok'} - {os.path.basename(path)} in a browser: {texts} texts, "
                  f"contrast {least} or more")
            for line in dict.fromkeys(wrong):
                print("#   " + line)
            failed |= bool(wrong)
    finally:
        browser.close()
    sys.exit(failed)


if __name__ == "__main__":
    main()
