/* The three questions, and what may follow from their answers. The rules are the core's: for each act the server
   has said at which answers it is refused. */
const QUESTIONS = ["same", "live", "usable"];
const ACTS = [["approve", "A"], ["reject", "R"], ["new_photo", "N"], ["second_moderator", "E"]];
const LETTERS = "ABCDEFGHI";
const REMARK_AT_LEAST = 3;

const unanswered = () => ({same: null, live: null, usable: null});
const openQuestion = (answers) => QUESTIONS.find((name) => answers[name] === null) || null;
const isComplete = (answers) => openQuestion(answers) === null;

/* `fits` has a sign for each of the twenty ways to answer. */
const fits = (rules, act, {same, live, usable}) =>
  rules.fits[act][(same - 1) * 4 + Number(live) * 2 + Number(usable)] === "1";

const whyNotReason = (m, reason) => {
  if (fits(m.data.rules, `${m.decision}.${reason}`, m.answers)) return "";
  return m.words[`why_${reason}`] || m.words.why_in_order;
};

/* Whoever approves has seen both faces. */
const whyNotSeen = ({item, pictures, words}) => {
  if (!item.has_portrait) return words.why_no_portrait;
  if (pictures.live === null || pictures.portrait === null) return words.why_no_picture;
  return pictures.live && pictures.portrait ? "" : words.opening;
};

const whyNotAct = (m, act) => {
  if (!isComplete(m.answers)) return m.words.why_unanswered;
  if (act === "second_moderator" && m.item.is_second) return m.words.why_second_moderator;
  if (act !== "approve") return "";
  return fits(m.data.rules, act, m.answers) ? whyNotSeen(m) : m.words.why_approve;
};

const reasonsOf = (m) => m.data.rules.reasons[m.decision] || [];
const needsRemark = (m) => m.data.rules.remark.includes(m.reason ? `${m.decision}.${m.reason}` : m.decision);
const remarkOf = (text) => text.split(/\s+/).filter(Boolean).join(" ");
const isRemarkEnough = (text) => remarkOf(text).length >= REMARK_AT_LEAST;
