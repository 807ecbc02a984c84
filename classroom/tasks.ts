/**
 * The tasks of the grader's pool.
 *
 * @module
 */

export { gradeLesson } from "./grade_lesson.ts";
export { planOf } from "./plan.ts";
