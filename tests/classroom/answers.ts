export * from "../../classroom/exercise/answers.ts";
