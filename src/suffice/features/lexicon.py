"""The words that tell what a text is about, in the languages that most prompts are written in.

A cue is a kind of sign, such as `proof`; a text's cues are how many of a kind's words it has. Words about models,
tiers, prices or routers are no cues: a prompt cannot ask for a tier. Source: house heuristic, our own lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from sys import intern

_CUES: Mapping[str, str] = {
    # code
    "code": """code coding program programming python javascript typescript java c++ rust golang kotlin
        swift php ruby compiler class classes method methods function functions def algorithm variable api
        endpoint module import código programa función fonction programme funktion funktionen
        programmieren funzione codice функция код программа leetcode codeforces repository backend
        frontend react django pandas numpy""",
    "code_small": """function snippet regex regexp one-liner docstring sql query script def lambda
        subroutine función fonction funktion funzione функцию функция consulta requête abfrage""",
    "code_repair": """bug bugs debug debugging fix traceback stacktrace exception crash crashes
        segfault failing regression deadlock leak corrige corriger beheben fehler исправь ошибка""",
    "code_design": """architecture architect microservice microservices refactor refactoring redesign
        monolith codebase migrate migration scalability decouple modular modules services subsystem
        schema-design event-driven monorepo arquitectura architektur архитектура refactorizar
        umstrukturieren""",
    "code_run": "return output outputs assert assertion stdout returns executing execute prints",
    # mathematics
    "arithmetic": """cost costs total earn earns spend spends spent pay pays paid buy buys bought sell
        sells sold miles hours minutes dollars price percent percentage discount average many much
        remaining left each twice half cuánto cuántos combien wieviel viele quanto quanti сколько стоит""",
    "school_maths": """equation equations algebra geometry triangle rectangle circle radius perimeter
        area fraction ratio probability solve simplify slope quadratic linear angle angles sum product
        digits ecuación équation gleichung equazione уравнение вероятность dreieck triángulo""",
    "higher_maths": """integral derivative differential eigenvalue eigenvalues matrix matrices calculus
        integrate differentiate limit convergence converges topology manifold isomorphism homomorphism
        abelian subgroup vector fourier laplace gradient hessian stochastic variance estimator integrale
        dérivée ableitung derivada интеграл производная""",
    "contest": """olympiad aime putnam modulo divisible divisor divisors integers polynomial
        polynomials roots combinatorics permutations coprime primes congruent incircle circumcircle cyclic
        complex-number sequence recurrence bijection palindrome trigonometric logarithm remainder""",
    "proof": """prove proof proofs theorem lemma corollary disprove induction axiom axioms conjecture
        démontrer démontre preuve beweise beweis demuestra demostrar demostración dimostra докажи докажите
        теорема teorema théorème satz""",
    # reasoning
    "order": """first firstly then next afterwards subsequently finally lastly secondly thirdly second
        third once before primero luego después finalmente d'abord ensuite puis enfin zuerst dann danach
        schließlich сначала затем""",
    "plan": """plan planning strategy strategize roadmap schedule itinerary optimize optimise
        prioritize trade-offs tradeoffs hypotheses hypothesis scenario scenarios root-cause diagnose
        strategie stratégie estrategia план""",
    "puzzle": """puzzle puzzles riddle deduce deduction logic logically clues suspects knights knaves
        constraints satisfies zebra rätsel acertijo énigme загадка""",
    "explain": """why explain justify derive reason reasoning analyse analyze evaluate assess
        implications consequences""",
    # documents
    "reconcile": """compare comparing contrast reconcile contradict contradicts contradiction
        contradictions contradictory synthesize synthesise synthesis differences discrepancy discrepancies
        conflicts conflicting inconsistencies inconsistent disagree disagrees compara comparar diferencias
        comparez comparer différences vergleiche vergleichen unterschiede widersprüche confronta сравни
        сравните противоречия""",
    "sources": """documents sources reports contracts papers transcripts articles filings agreements
        versions studies statements documentos fuentes documenten dokumente quellen sources documenti
        источники документы""",
    # instructions
    "directive": """must should always never only exactly ensure avoid without include exclude require
        required requires cannot do-not mandatory strictly least most maximum minimum respond format
        follow debe debes siempre nunca solo doit toujours jamais seulement muss musst immer niemals
        nur deve sempre mai должен всегда никогда только""",
    # writing
    "creative": """poem poems poetry story stories novel fiction lyrics song haiku sonnet limerick
        screenplay dialogue monologue fairy-tale plot character characters slogan tagline humorous funny
        joke jokes roleplay imagine metaphor poema cuento historia poème histoire gedicht geschichte
        poesia racconto стихотворение рассказ сказку""",
    "prose": """essay article blog speech newsletter op-ed whitepaper chapter memoir biography ensayo
        artículo essai aufsatz artikel saggio эссе статью""",
    "tone": """tone empathetic empathy apologize apologise apology apologetic upset angry frustrated
        disappointed condolence condolences sympathetic polite politely warm friendly persuasive
        diplomatic tactful sensitive heartfelt brand-voice voice disculpa amable excuse poli höflich
        entschuldigung scusa извинись вежливо""",
    "audience": """customer customers client clients reader readers audience subscriber subscribers
        guest patient employee colleague boss landlord cliente kunde kunden kundin client clienti клиент
        клиенту""",
    "letter": """email e-mail letter reply respond response message announcement press release tweet
        post caption cover-letter invitation resignation complaint correo carta lettre brief antwort
        réponse respuesta risposta письмо ответ""",
    "make": """write draft compose create rewrite rephrase craft author escribe redacta écris rédige
        schreibe verfasse scrivi напиши составь""",
    "vague": """something anything somehow better nice good interesting whatever improve help ideas
        thoughts suggestions""",
    # subjects where a wrong answer is costly
    "medical": """patient patients symptom symptoms diagnosis diagnose diagnosed treatment dose dosage
        medication medications drug drugs prescription prescribe disease cancer tumor diabetes insulin
        pregnancy pregnant antibiotic surgery clinical therapy mg ibuprofen acetaminophen hypertension
        stroke fever vaccine psychiatric depression infection syndrome lesion physician nurse renal
        cardiac pulmonary chronic acute allergy síntomas médico dosis tratamiento symptômes médecin
        traitement médicament symptome arzt medikament behandlung dosierung sintomi farmaco симптомы
        лечение врач дозировка""",
    "legal": """court contract clause liability plaintiff defendant statute lawsuit sue attorney lawyer
        legal legally negligence tort jurisdiction litigation indemnify indemnification arbitration
        compliance gdpr hipaa copyright patent trademark visa immigration custody divorce eviction tenancy
        verdict felony abogado contrato demanda juicio avocat tribunal contrat rechtsanwalt vertrag
        gericht haftung avvocato contratto суд договор адвокат иск""",
    "financial": """invest investment investing investor portfolio stock stocks bond bonds mortgage
        loan loans tax taxes irs pension retirement dividend hedge securities loan-rate interest
        bankruptcy audit valuation cryptocurrency derivatives capital-gains fiduciary balance-sheet
        inversión hipoteca impuestos investissement impôts hypothèque steuern aktien hypothek kredit
        investimento tasse mutuo инвестиции налог ипотека""",
    "safety": """emergency overdose suicide suicidal self-harm poison poisonous toxic explosive hazard
        hazardous electrical voltage high-voltage radiation chemical chemicals flammable carbon-monoxide
        evacuation crash-landing aircraft reactor vulnerability exploit malware ransomware weapon suicidio
        veneno urgence notfall emergenza авария яд""",
    "advice": """my i'm should can safe recommend advice advise am me dangerous risk risks allowed
        liable owe mi mein meine mon ma devo мне мой""",
    # an answer's form, and what is done with labels and languages
    "brief": "concise concisely brevemente brièvement knapp кратко",
    "detail": """detail detailed comprehensive in-depth long-form thorough exhaustive detallado detallada détaillé
        détaillée ausführlich dettagliato dettagliata detalhado подробно""",
    "form": "json xml yaml csv markdown-table table html schema toml",
    "labels": """classify classified categorize categorise classification category categories label
        labels bucket triage sentiment intent tag tags tagging topic topics moderation spam toxic one
        options clasifica categoría classer classe catégorie klassifiziere kategorie classifica categoria
        классифицируй категория""",
    "translate": """translate translation translated translator traduce traducir traducción traduis
        traduire traduction übersetze übersetzen übersetzung traduci tradurre traduzione переведи перевод
        vertaal""",
    # how much a turn leans on earlier ones
    "lean": """it that this those these above previous previously earlier again same instead also
        continue they them former latter before already back eso esto anterior cela ça précédent das dies
        vorherige oben questo quello это выше предыдущий""",
}  # fmt: skip

_PHRASES: Mapping[str, str] = {
    "short_answer": (
        "one sentence|one word|single word|in a sentence|briefly|yes or no|only the label|just the|"
        "in one line|una frase|une phrase|einem satz|una frase|одним предложением"
    ),
    "step_by_step": (
        "step by step|step-by-step|chain of thought|paso a paso|étape par étape|"
        "schritt für schritt|passo a passo|шаг за шагом"
    ),
    "find_all": "find all|for all|for every|if and only if|show that|there exist",
    "code_design": (
        "system design|design pattern|across the codebase|entire codebase|whole repository|"
        "multiple files|all files"
    ),
    "directive": "do not|don't|at least|at most|no more than|no longer than|make sure|be sure to|up to",
    "lean": (
        "as before|you said|you mentioned|your last|your previous|what about|how about|and if|"
        "the second one|the first one|try again"
    ),
    "creative": "in the style of|short story|from the perspective|once upon",
    "advice": "should i|can i|is it safe|is it legal|how much should|do i need|am i",
    "legal": "terms of service|power of attorney|intellectual property|breach of",
    "financial": "interest rate|balance sheet|capital gains|income tax|credit score",
    "medical": "side effects|blood pressure|chest pain|heart attack",
    "safety": "carbon monoxide|high voltage|self harm|kill myself",
    "labels": "one of the following|which category|yes or no|true or false|positive or negative",
    "json": "valid json|json format|json object|as json|in json|following json|json schema|json array",
    "vague": "make it better|make this better|sound better|sounds better|what do you think",
}

# Scripts without spaces between words: looked for as they stand, and only in a text that has such letters.
_UNSPACED: Mapping[str, str] = {
    "code": "代码 函数 程序 编程 コード 関数 プログラム 코드 함수",
    "code_small": "函数 関数 正则 함수",
    "code_repair": "修复 调试 バグ デバッグ 버그",
    "code_design": "架构 重构 微服务 アーキテクチャ リファクタリング 아키텍처",
    "arithmetic": "多少 一共 总共 いくら 合計 얼마",
    "school_maths": "方程 三角形 概率 面积 方程式 確率 방정식",
    "higher_maths": "积分 导数 矩阵 積分 微分 行列 적분",
    "proof": "证明 定理 証明 증명",
    "order": "首先 然后 接着 最后 まず 次に 最後に 먼저 그다음",
    "step_by_step": "一步一步 逐步 ステップバイステップ 段階的に 단계별",
    "plan": "计划 策略 計画 戦略 계획",
    "reconcile": "比较 对比 矛盾 差异 比較 矛盾 違い 비교",
    "sources": "文档 文件 来源 資料 文書 문서",
    "short_answer": "一句话 一言で",
    "detail": "详细 詳しく 자세히",
    "directive": "必须 不要 只能 至少 最多 必ず しないで 반드시",
    "creative": "诗 故事 小说 歌词 詩 物語 小説 시를 이야기",
    "prose": "文章 作文 论文 エッセイ 記事 에세이",
    "tone": "语气 道歉 礼貌 お詫び 丁寧 사과",
    "audience": "客户 顾客 お客様 顧客 고객",
    "letter": "邮件 回复 信 メール 返信 手紙 이메일 답장",
    "make": "写 撰写 書いて 作成して 작성",
    "medical": "症状 治疗 药 剂量 医生 治療 薬 医師 증상 치료",
    "legal": "法律 合同 诉讼 律师 法的 契約 訴訟 弁護士 계약 소송",
    "financial": "投资 税 贷款 股票 投資 税金 ローン 투자 세금",
    "safety": "紧急 自杀 中毒 爆炸 緊急 自殺 응급",
    "labels": "分类 标签 情感 分類 ラベル 感情 분류",
    "translate": "翻译 翻訳 번역",
    "lean": "这个 那个 上面 之前 继续 これ それ 前の 続けて 그것 이전",
}


def _table() -> dict[str, tuple[tuple[str, str], ...]]:
    """For each word the phrases that a text that has it is searched for, and their cues; "" where it is one alone."""
    found: dict[str, list[tuple[str, str]]] = {}
    for cue, listed in _CUES.items():
        for word in dict.fromkeys(listed.split()):
            found.setdefault(intern(word), []).append(("", cue))
    for cue, phrases in _PHRASES.items():
        for phrase in phrases.split("|"):
            # The longest word is the rarest: only a text that has it is searched for the phrase.
            words = phrase.replace("'", " ").split()
            found.setdefault(intern(max(words, key=len)), []).append((phrase, cue))
    return {word: tuple(pairs) for word, pairs in found.items()}


_OF_WORD = _table()
_OF_UNSPACED = tuple((term, cue) for cue, terms in _UNSPACED.items() for term in terms.split())
_DIRECTIVES = frozenset(_CUES["directive"].split())
KNOWN = frozenset(_OF_WORD)
"""Every word that says something here."""


def cues_of(words: frozenset[str], lower: str, *, unspaced: bool) -> dict[str, int]:
    """Returns how many different words and phrases of each cue a text has; only the cues that it has.

    Args:
        words: Of the text; those that are not in `KNOWN` may be left out.
        lower: The text in lower case.
        unspaced: It has letters of a script that puts no spaces between words.

    >>> cues_of(frozenset({"prove", "this", "lemma"}), "prove this lemma", unspaced=False)["proof"]
    2
    """
    cues: dict[str, int] = {}
    for named in filter(None, map(_OF_WORD.get, words)):
        for phrase, cue in named:
            if not phrase or phrase in lower:
                cues[cue] = cues.get(cue, 0) + 1
    if unspaced:
        for term, cue in _OF_UNSPACED:
            if term in lower:
                cues[cue] = cues.get(cue, 0) + 1
    return cues


def directives_in(words: frozenset[str], lower: str) -> int:
    """Returns how often a text says what must, should or must not be.

    >>> directives_in(frozenset({"must", "never"}), "it must fit, it must last, and never rust")
    3
    """
    negated = lower.count("do not ") + lower.count("don't ") if "not" in words or "don" in words else 0
    return sum(map(lower.count, words & _DIRECTIVES)) + negated


def all_words() -> Iterable[str]:
    """Returns every word, phrase and term that is a cue."""
    for word, pairs in _OF_WORD.items():
        yield from (phrase or word for phrase, _ in pairs)
    yield from (term for term, _ in _OF_UNSPACED)
