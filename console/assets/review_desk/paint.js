/* The picture of a model: head, faces, questions, decision, and what is over. */
const SOON_LOST_SECONDS = 60;
const HAS_ITEM = ["item", "reason", "remark", "sending"];

/* A key keeps the photo, but not beyond the time that anybody may hold it. */
const endOf = (m, now) => {
  const left = (m.leaseUntil - now) / 1000;
  if (left >= SOON_LOST_SECONDS) return "";
  const word = m.heldUntil - m.leaseUntil < 1500 ? m.words.held_ends : m.words.lease_ends;
  return fill(word, {left: span(Math.max(0, left))});
};

const paintHead = (part, m) => {
  const {words, item} = m;
  write(part("title"), words.title);
  write(part("waiting"), m.data.waiting_words);
  show(part("held"), Boolean(item));
  show(part("second"), Boolean(item && item.is_second));
  write(part("second"), words.second);
  write(part("today"), m.data.today_words);
  write(part("help-word"), words.help);
  const now = Date.now();
  if (item) write(part("held"), fill(words.held, {left: span(Math.max(0, (m.heldUntil - now) / 1000))}));
  const leased = m.isAway ? words.away : item ? endOf(m, now) : "";
  write(part("lease"), leased);
  show(part("lease"), Boolean(leased));
};

const paintStart = (part, m) => {
  const busy = m.phase === "claiming";
  show(part("start"), !m.item);
  if (m.item) return;
  const kind = m.phase === "claiming" ? "claiming" : m.phase === "lost" ? "lost"
    : m.phase === "empty" && m.data.waiting ? "not_yours" : m.data.waiting ? "ready" : "empty";
  mark(part("start"), "data-kind", kind);
  write(part("start-title"), m.words[`start_${kind}`]);
  write(part("start-text"), m.words[`start_${kind}_text`]);
  write(part("take-word"), m.words.take);
  part("take").disabled = busy;
};

const veilOf = (m, url, isMissing) => {
  if (isMissing) return m.words.no_portrait;
  return url === undefined ? m.words.opening : url === null ? m.words.no_picture : "";
};

const paintView = (part, name, veil) => {
  write(part(`${name}-veil`), veil);
  show(part(`${name}-veil`), Boolean(veil));
};

const source = (image, url) => {
  if ((image.getAttribute("src") || "") !== (url || "")) {
    if (url) image.setAttribute("src", url);
    else image.removeAttribute("src");
  }
  show(image, Boolean(url));
};

const paintFaces = (part, m) => {
  const {item, words, pictures} = m;
  const shown = m.frame < 0 ? pictures.live : pictures.frames[m.frame];
  source(part("shown"), shown);
  source(part("over"), m.blink.isOver ? pictures.portrait : "");
  source(part("portrait"), pictures.portrait);
  paintView(part, "left", veilOf(m, shown, false));
  paintView(part, "right", veilOf(m, pictures.portrait, !item.has_portrait));
  const name = m.frame < 0 ? words.live_photo : fill(words.frame, {n: m.frame + 1, of: item.frames});
  write(part("left-name"), m.blink.isOn ? words.blinking : name);
  write(part("right-name"), words.portrait);
  write(part("blink-word"), words.blink);
  mark(part("blink"), "aria-pressed", m.blink.isOn);
  part("blink").disabled = !pictures.portrait;
  for (const [button, word] of [["nearer", words.nearer], ["farther", words.farther]]) {
    mark(part(button), "aria-label", word);
    mark(part(button), "title", word);
  }
  /* Its name is what stands on it. */
  mark(part("whole"), "title", words.whole);
  write(part("zoom"), `${Math.round(m.zoom.scale * 100)} %`);
  redraw(part("frames"), [m.frame, pictures.live, pictures.frames, words.live_photo], () =>
    [pictures.live, ...pictures.frames].map((url, index) => {
      const thumb = make("button", "thumb");
      thumb.type = "button";
      thumb.dataset.frame = index - 1;
      const label = index ? fill(words.frame, {n: index, of: item.frames}) : words.live_photo;
      mark(thumb, "aria-label", label);
      mark(thumb, "title", label);
      mark(thumb, "aria-pressed", m.frame === index - 1);
      if (url) {
        const image = make("img");
        image.alt = "";
        image.src = url;
        thumb.append(image);
      }
      return thumb;
    }).concat(make("kbd", "", "F")));
};

const paintQuestions = (part, m) => {
  const {words, answers} = m;
  const open = openQuestion(answers);
  redraw(part("questions"), [answers, words.ask_same, m.phase], () => QUESTIONS.map((name) => {
    const row = make("div", "question");
    mark(row, "data-open", m.phase === "item" && name === open);
    row.append(make("span", "ask", words[`ask_${name}`]));
    const choices = name === "same" ? [1, 2, 3, 4, 5].map((n) => [n, String(n), ""])
      : [[true, words.yes, "Y"], [false, words.no, "N"]];
    const line = make("span", "choices");
    if (name === "same") line.append(make("small", "", words.surely_another));
    for (const [value, text, key] of choices) {
      const button = chip(key, text, "answer");
      button.dataset.question = name;
      button.dataset.value = JSON.stringify(value);
      mark(button, "aria-pressed", answers[name] === value);
      button.disabled = m.phase !== "item";
      if (name === "same") mark(button, "aria-label", `${words.ask_same} ${value}`);
      line.append(button);
    }
    if (name === "same") line.append(make("small", "", words.surely_same));
    row.append(line);
    return row;
  }));
};

const paintDecisions = (part, m) => {
  const whys = ACTS.map(([act]) => whyNotAct(m, act));
  const first = whys[0] === whys[1] ? whys[0] : "";
  redraw(part("decisions"), [whys, m.decision, m.phase, m.words.act_approve], () => [
    ...ACTS.map(([act, key], index) => {
      const button = chip(key, m.words[`act_${act}`], "decide");
      button.dataset.decision = act;
      button.classList.add(act);
      button.disabled = Boolean(whys[index]) || m.phase === "sending";
      mark(button, "title", whys[index]);
      mark(button, "aria-pressed", m.decision === act);
      if (!whys[index] || first) return button;
      const cell = make("span", "cell");
      cell.append(button, make("small", "why", whys[index]));
      return cell;
    }),
    make("small", "why whole", first),
  ]);
};

/* The applicant's own language on top: in that one it is sent. */
const theirsFirst = ({item, data}) =>
  [...data.citizen].sort((one, other) => (other.language === item.language) - (one.language === item.language));

const paintReasons = (part, m) => {
  const reasons = reasonsOf(m);
  const listed = reasons.length > 0 && m.phase !== "item";
  show(part("reasons"), listed);
  if (!listed) return;
  write(part("reasons-title"), m.words[`reasons_${m.decision}`]);
  redraw(part("reason-list"), [m.decision, m.reason, m.answers, m.words.reason_other], () => reasons.map((reason, index) => {
    const why = whyNotReason(m, reason);
    const saidAbove = index > 0 && why === whyNotReason(m, reasons[index - 1]);
    const line = make("li");
    mark(line, "role", "option");
    mark(line, "aria-selected", m.reason === reason);
    mark(line, "aria-disabled", Boolean(why));
    line.dataset.reason = reason;
    line.append(make("kbd", "", LETTERS[index]), make("span", "", m.words[`reason_${reason}`]));
    if (why && !saidAbove) line.append(make("small", "why", why));
    return line;
  }));
  show(part("citizen"), Boolean(m.reason));
  write(part("citizen-title"), m.words.citizen_reads);
  redraw(part("citizen-texts"), [m.reason, m.item.language, m.data.citizen], () => m.reason
    ? theirsFirst(m).map(({language, short, texts}) => {
      const text = make("p");
      mark(text, "lang", language);
      text.append(make("b", "", short), document.createTextNode(` ${texts[m.reason]}`));
      return text;
    }) : []);
};

const paintRemark = (part, m) => {
  const asked = m.phase !== "item" && m.decision && needsRemark(m);
  show(part("remark"), Boolean(asked));
  write(part("remark-title"), m.words[m.decision === "second_moderator" ? "remark_second" : "remark_other"]);
  mark(part("remark-field"), "aria-label", part("remark-title").textContent);
  write(part("remark-rule"), m.words.remark_rule);
  const chosen = m.phase === "reason" || m.phase === "remark" || m.phase === "sending";
  show(part("send-row"), chosen && m.decision !== "approve");
  write(part("back-word"), m.words.back);
  write(part("send-word"), m.words[`send_${m.decision}`] || m.words.send_reject);
  part("send").disabled = m.phase === "sending" || !(m.reason || m.decision === "second_moderator")
    || (asked && !isRemarkEnough(m.remark));
  show(part("give-back"), m.phase === "item");
  write(part("give-back-word"), m.words.give_back);
};

const opinionLine = (m, one) => {
  const yes = (value) => (value ? m.words.yes : m.words.no);
  const reason = one.reason ? `: ${m.words[`reason_${one.reason}`]}` : "";
  const remark = one.remark ? ` “${one.remark}”` : "";
  return fill(m.words.opinion, {same: one.same, live: yes(one.live), usable: yes(one.usable),
    decision: m.words[`done_${one.decision}`] + reason + remark});
};

const factsOf = (m) => {
  const {band, distance, flags, risk, is_recheck: isRecheck, opinions} = m.revealed;
  const machine = m.words[`band_${band}`] + (distance === null ? "" : ` (${distance.toFixed(2)})`);
  return [
    ...opinions.map((one) => [one.by, opinionLine(m, one)]),
    [m.words.machine, machine],
    [m.words.flagged, `${flags.map((flag) => m.words[`flag_${flag}`] || flag).join(" · ")} · ${m.words[`risk_${risk}`]}`],
    ...(isRecheck ? [[m.words.recheck, m.words.recheck_text]] : []),
  ];
};

const paintFoot = (part, m) => {
  const left = m.last ? Math.max(0, Math.ceil((m.last.undoUntil - Date.now()) / 1000)) : 0;
  show(part("undo-bar"), left > 0);
  if (left > 0) {
    write(part("undo-what"), fill(m.words.decided, {decision: m.words[`done_${m.last.decision}`]}));
    write(part("undo-word"), m.words.undo);
    write(part("undo-left"), fill(m.words.seconds, {n: left}));
  }
  show(part("revealed"), Boolean(m.revealed) && left === 0);
  if (!m.revealed) return;
  write(part("revealed-title"), m.words.compared);
  redraw(part("revealed-facts"), [m.revealed, m.words.machine], () => factsOf(m).flatMap(([name, text]) => {
    const pair = make("div");
    pair.append(make("dt", "", name), make("dd", "", text));
    return pair;
  }));
};

const paintHelp = (part, m) => {
  show(part("help"), m.isHelp);
  if (!m.isHelp) return;
  write(part("help-title"), m.words.help_title);
  write(part("help-close-word"), m.words.close);
  redraw(part("help-keys"), m.words.help_keys, () => m.words.help_keys.trim().split("\n").map((line) => {
    const [keys, ...text] = line.split(" = ");
    const pair = make("div");
    const names = make("dt");
    names.append(...keys.split(" ").map((key) => make("kbd", "", key)));
    pair.append(names, make("dd", "", text.join(" = ")));
    return pair;
  }));
};

const paint = (part, m) => {
  show(part("desk"), true);
  mark(part("desk"), "data-phase", m.phase);
  mark(part("desk"), "data-open", openQuestion(m.answers) || "");
  write(part("note"), m.note);
  show(part("note"), Boolean(m.note));
  paintHead(part, m);
  paintStart(part, m);
  show(part("work"), Boolean(m.item));
  if (m.item) {
    paintFaces(part, m);
    paintQuestions(part, m);
    paintDecisions(part, m);
    paintReasons(part, m);
    paintRemark(part, m);
  }
  paintFoot(part, m);
  paintHelp(part, m);
};
